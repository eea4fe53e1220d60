import { type Caller, KaasError } from '@matryoshka/application';
import type { QuestionKind, Questions } from '@matryoshka/domain';
import { askController, inProject, newQuestionId, takeAnswer, withdrawQuestion } from '@matryoshka/postgres';
import { sleep } from '@matryoshka/system';
import type { ApiContext } from '../context.ts';
import { writeTransaction } from '../store.ts';

const lookEveryMs = 150;

/**
 * Asks the controller of a cluster, which alone reaches it, and waits for what it says; `error` is why it could not find out, or that it did not say anything in time.
 * Throws `rate_limited` when the project has several questions open.
 */
export async function askAbout<K extends QuestionKind>(
  { pool, stopping, answerPatienceMs: patienceMs }: ApiContext,
  caller: Caller,
  { clusterId, kind, asked }: { readonly clusterId: string; readonly kind: K; readonly asked: Questions[K]['asked'] },
): Promise<{ readonly answer: Questions[K]['answer'] } | { readonly error: string }> {
  const id = newQuestionId();
  const isTaken = await inProject(pool, caller, async (tx) => {
    // So that two requests at once do not exceed the limit.
    await writeTransaction(tx).lockProject(caller.projectId);
    return await askController(tx, { id, projectId: caller.projectId, clusterId, kind, question: asked });
  });
  if (!isTaken)
    throw new KaasError('rate_limited', 'Several questions about clusters of this project are open already.', {
      next: 'Wait for their answers.',
      retryAfterSeconds: 5,
    });
  const end = performance.now() + patienceMs;
  while (performance.now() < end && !stopping.aborted) {
    await sleep(lookEveryMs, stopping).catch(() => undefined);
    const found = await inProject(pool, caller, async (tx) => await takeAnswer(tx, id));
    if (found === undefined) continue;
    return 'error' in found ? found : { answer: found.answer as Questions[K]['answer'] };
  }
  await inProject(pool, caller, async (tx) => await withdrawQuestion(tx, id));
  return { error: `kaas-controller did not answer within ${patienceMs / 1000} seconds` };
}
