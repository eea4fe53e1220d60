import { KaasError, refuseViolations } from '@matryoshka/application';
import type { Log } from '@matryoshka/contract';
import { askForLog, inProject, newLogRequestId, takeLogAnswer, withdrawLogRequest } from '@matryoshka/postgres';
import { sleep } from '@matryoshka/system';
import { clusterOf } from '../cluster/handlers.ts';
import type { PlainHandlers } from '../http/incoming.ts';
import { writeTransaction } from '../store.ts';

const lookEveryMs = 150;
const defaultTail = 200;

export const logHandlers: Pick<PlainHandlers, 'log.get'> = {
  'log.get': async (context, { caller, params, query }) => {
    const { pool, stopping, logPatienceMs: patienceMs } = context;
    const { clusterId } = params;
    await clusterOf(context, caller, clusterId);
    const { component = 'kube-apiserver', tail = defaultTail } = query;
    const [since, until] = [momentOf('since', query.since), momentOf('until', query.until)];
    const id = newLogRequestId();
    const question = { id, projectId: caller.projectId, clusterId, component, tail, since, until };
    const isTaken = await inProject(pool, caller, async (tx) => {
      // So that two requests at once do not exceed the limit.
      await writeTransaction(tx).lockProject(caller.projectId);
      return await askForLog(tx, question);
    });
    if (!isTaken)
      throw new KaasError('rate_limited', 'Several logs of this project are being read already.', {
        next: 'Wait for them.',
        retryAfterSeconds: 5,
      });
    const end = performance.now() + patienceMs;
    while (performance.now() < end && !stopping.aborted) {
      await sleep(lookEveryMs, stopping).catch(() => undefined);
      const answer = await inProject(pool, caller, async (tx) => await takeLogAnswer(tx, id));
      if (answer === undefined) continue;
      if (answer.lines === null) throw unavailable(answer.error ?? 'it could not be read');
      const data: Log = { lines: answer.lines.map((line) => ({ ...line })), truncated: answer.truncated ?? false };
      return { data };
    }
    await inProject(pool, caller, async (tx) => await withdrawLogRequest(tx, id));
    throw unavailable(`kaas-controller did not answer within ${patienceMs / 1000} seconds`);
  },
};

function momentOf(name: string, text: string | undefined): Date | null {
  if (text === undefined) return null;
  const moment = new Date(text);
  if (Number.isNaN(moment.getTime()))
    refuseViolations([
      { pointer: `?${name}`, code: 'invalid_time', message: 'must be a time like 2026-12-24T18:00:00Z' },
    ]);
  return moment;
}

const unavailable = (why: string): KaasError =>
  new KaasError('logs_unavailable', `The log cannot be read: ${why}.`, {
    next: 'Try again in a moment; if it stays so, tell the provider of this cloud the request id.',
  });
