import type { Transport } from '@matryoshka/kube';
import { errorMessage } from '@matryoshka/system';
import { atRate, type Clock } from './clock.ts';
import { type ExecSession, type ExecTarget, startExec } from './exec.ts';
import type { Sample } from './model.ts';

/**
 * Sends a line through an exec that stays open (`cat`) every interval, and begins it anew when it breaks. A line that does not come back in time has failed; so have
 * those that were under way when it broke.
 */
export async function echoLines(
  transport: Transport,
  target: Omit<ExecTarget, 'command'>,
  {
    intervalMs,
    timeoutMs,
    clock,
    signal,
    onSample,
  }: {
    readonly intervalMs: number;
    readonly timeoutMs: number;
    readonly clock: Clock;
    readonly signal: AbortSignal;
    readonly onSample: (sample: Sample) => void;
  },
): Promise<void> {
  const waiting = new Map<string, (error?: Error) => void>();
  let session: ExecSession | undefined;
  let starting: Promise<ExecSession> | undefined;
  const open = async (): Promise<ExecSession> => {
    const made = await startExec(
      transport,
      { ...target, command: ['cat'] },
      { timeoutMs, onLine: (line) => waiting.get(line)?.() },
    );
    session = made;
    made.ended.catch((error: Error) => {
      if (session === made) session = undefined;
      for (const settle of waiting.values()) settle(error);
    });
    return made;
  };
  const current = async (): Promise<ExecSession> => {
    if (session !== undefined) return session;
    starting ??= open().finally(() => {
      starting = undefined;
    });
    return await starting;
  };
  const echo = async (n: number): Promise<void> => {
    const at = clock();
    const line = `line-${n}`;
    let timer: NodeJS.Timeout | undefined;
    try {
      const opened = await current();
      await new Promise<void>((resolve, reject) => {
        waiting.set(line, (error) => (error === undefined ? resolve() : reject(error)));
        timer = setTimeout(() => {
          // One that is silent is given up, as a person would.
          opened.close();
          reject(new Error(`no line back within ${timeoutMs} ms`));
        }, timeoutMs);
        opened.write(`${line}\n`);
      });
      onSample({ kind: 'stream', at, tookMs: clock() - at, ok: true });
    } catch (error) {
      onSample({ kind: 'stream', at, tookMs: clock() - at, ok: false, error: errorMessage(error).slice(0, 160) });
    } finally {
      clearTimeout(timer);
      waiting.delete(line);
    }
  };
  const most = Math.ceil(timeoutMs / intervalMs) + 10;
  const onSkip = (): void => onSample({ kind: 'stream', at: clock(), tookMs: 0, ok: false, error: 'not sent' });
  await atRate(echo, { intervalMs, most, onSkip, clock, signal });
  session?.close();
}
