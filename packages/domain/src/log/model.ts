/** What of a control plane has a log that its customer may read. */
export type LogComponent =
  | 'kube-apiserver'
  | 'kube-controller-manager'
  | 'kube-scheduler'
  | 'konnectivity-server'
  | 'cloud-controller-manager'
  | 'audit';

export interface LogLine {
  /** ISO 8601, as precise as the container runtime is. */
  readonly at: string;
  /** Of the replica that said it. */
  readonly pod: string;
  readonly text: string;
}

export interface LogQuestion {
  readonly component: LogComponent;
  /** At most so many lines, the last ones of the range. */
  readonly tail: number;
  /** ISO 8601. */
  readonly since: string | null;
  readonly until: string | null;
}

export interface LogAnswer {
  readonly lines: readonly LogLine[];
  /** There were more. */
  readonly truncated: boolean;
}

/** How an audit event of kube-apiserver begins; it writes them beside its log, one per line. Source: apiserver/plugin/pkg/audit/log (JSON format). */
const auditStart = '{"kind":"Event","apiVersion":"audit.k8s.io/';

/** Whether a line of the container of a component is of that component. */
export function isOf(component: LogComponent, text: string): boolean {
  if (component !== 'kube-apiserver' && component !== 'audit') return true;
  return text.startsWith(auditStart) === (component === 'audit');
}

/** The lines that answer a question, out of what the replicas said, in the order in which it was said. */
export function answerOf({ component, tail, since, until }: LogQuestion, said: readonly LogLine[]): LogAnswer {
  const [from, to] = [since === null ? -Infinity : Date.parse(since), until === null ? Infinity : Date.parse(until)];
  const wanted = said
    .filter(({ text }) => isOf(component, text))
    .filter(({ at }) => Date.parse(at) >= from && Date.parse(at) < to)
    // The runtime's times are of equal length but for their fractions, which text compares rightly.
    .toSorted((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
  return { lines: wanted.slice(-tail), truncated: wanted.length > tail };
}
