import { KaasError, refuseViolations } from '@matryoshka/application';
import { clusterOf } from '../cluster/handlers.ts';
import type { PlainHandlers } from '../http/incoming.ts';
import { askAbout } from '../question/ask.ts';

const defaultTail = 200;

export const logHandlers: Pick<PlainHandlers, 'log.get'> = {
  'log.get': async (context, { caller, params, query }) => {
    const { clusterId } = params;
    await clusterOf(context, caller, clusterId);
    const { component = 'kube-apiserver', tail = defaultTail } = query;
    const [since, until] = [momentOf('since', query.since), momentOf('until', query.until)];
    const asked = { component, tail, since, until };
    const found = await askAbout(context, caller, { clusterId, kind: 'log', asked });
    if ('error' in found) throw unavailable(found.error);
    const { lines, truncated } = found.answer;
    return { data: { lines: lines.map((line) => ({ ...line })), truncated } };
  },
};

function momentOf(name: string, text: string | undefined): string | null {
  if (text === undefined) return null;
  const moment = new Date(text);
  if (Number.isNaN(moment.getTime()))
    refuseViolations([
      { pointer: `?${name}`, code: 'invalid_time', message: 'must be a time like 2026-12-24T18:00:00Z' },
    ]);
  return moment.toISOString();
}

const unavailable = (why: string): KaasError =>
  new KaasError('logs_unavailable', `The log cannot be read: ${why}.`, {
    next: 'Try again in a moment; if it stays so, tell the provider of this cloud the request id.',
  });
