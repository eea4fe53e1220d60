import type { Operation, OperationPhase } from '@matryoshka/contract';
import { coloursWanted, type Terminal } from '../terminal.ts';

/** Shows an operation while it runs: redrawn in place on a terminal, one line per change elsewhere. Writes to standard error. */
export function phasesView(
  terminal: Pick<Terminal, 'stderr' | 'stderrIsTty' | 'env'>,
  now: () => Date,
): (operation: Operation) => void {
  if (!terminal.stderrIsTty) return linesView(terminal.stderr);
  const colours = coloursWanted(terminal);
  let drawn = 0;
  return (operation) => {
    const lines = operation.phases.map((phase) => phaseLine(phase, now(), colours));
    if (operation.error !== null) lines.push(`  blocked: ${operation.error.message}`);
    const outlook = outlookOf(operation, now());
    if (outlook !== undefined) lines.push(`  ${outlook}`);
    terminal.stderr(`${drawn > 0 ? `\u001b[${drawn}A\u001b[J` : ''}${lines.map((line) => `${line}\n`).join('')}`);
    drawn = lines.length;
  };
}

/** What can be said about the end of an operation that runs. */
export function outlookOf({ done, expectedAt, lateAt }: Operation, now: Date): string | undefined {
  if (done || expectedAt === null || lateAt === null) return undefined;
  const seconds = (time: string): number => Math.ceil((Date.parse(time) - now.getTime()) / 1000);
  if (seconds(expectedAt) > 0) return `about ${seconds(expectedAt)} s left`;
  if (seconds(lateAt) > 0) return `takes longer than usual, rarely more than ${seconds(lateAt)} s from now`;
  return 'takes longer than nineteen of twenty did';
}

/** One line whenever a phase begins or ends or the blocking reason changes. */
function linesView(write: (text: string) => void): (operation: Operation) => void {
  const seen = new Map<string, string>();
  const once = (key: string, state: string, line: string): void => {
    if (seen.get(key) === state) return;
    seen.set(key, state);
    write(`${line}\n`);
  };
  return (operation) => {
    const outlook = outlookOf(operation, new Date());
    if (outlook !== undefined) once('outlook', operation.id, outlook);
    for (const phase of operation.phases) {
      if (phase.state === 'pending') continue;
      const duration = phase.state === 'done' ? ` (${phaseDuration(phase, new Date(0))})` : '';
      const message = phase.message === '' || phase.state === 'done' ? '' : `: ${phase.message}`;
      once(phase.name, phase.state, `${phase.name} ${phase.state}${duration}${message}`);
    }
    if (operation.error !== null) once('error', operation.error.message, `blocked: ${operation.error.message}`);
  };
}

function phaseLine(phase: OperationPhase, now: Date, colours: boolean): string {
  const paint = (code: number, text: string): string => (colours ? `\u001b[${code}m${text}\u001b[0m` : text);
  const marks = { pending: paint(90, '·'), running: paint(33, '▸'), done: paint(32, '✓') } as const;
  const took = phase.startedAt === null ? '' : phaseDuration(phase, now);
  const message = phase.state === 'running' ? phase.message : '';
  return `${marks[phase.state]} ${phase.name.padEnd(24)} ${took.padStart(7)}  ${message}`.trimEnd();
}

/** How long a phase took, or has taken until now. */
export function phaseDuration(phase: Pick<OperationPhase, 'startedAt' | 'finishedAt'>, now: Date): string {
  if (phase.startedAt === null) return '-';
  const end = phase.finishedAt === null ? now.getTime() : Date.parse(phase.finishedAt);
  return `${(Math.max(0, end - Date.parse(phase.startedAt)) / 1000).toFixed(1)} s`;
}
