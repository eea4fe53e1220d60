import type { QuestionKind, Questions } from '@matryoshka/domain';
import { answerQuestion, type Pool, type Question, takeQuestions } from '@matryoshka/postgres';
import { errorMessage, type Logger } from '@matryoshka/system';
import { periodically } from '../periodically.ts';

/** Finds out what was asked about a cluster. What it throws is told to whoever asked. */
export type Answerers = {
  readonly [K in QuestionKind]: (
    clusterId: string,
    asked: Questions[K]['asked'],
    signal: AbortSignal,
  ) => Promise<Questions[K]['answer']>;
};

export interface QuestionOptions {
  readonly intervalMs: number;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

interface Place {
  readonly pool: Pool;
  readonly managementCluster: string;
  readonly answerers: Answerers;
}

const atOnce = 8;

/** Answers questions of kaas-api until the signal aborts, several at once. */
export async function runQuestions(place: Place, options: QuestionOptions): Promise<void> {
  const failure = 'questions could not be answered';
  await periodically({ ...options, retryMs: 5_000, failure }, async () => {
    const { pool, managementCluster } = place;
    const questions = await takeQuestions(pool, { managementCluster, limit: atOnce });
    await Promise.all(questions.map(async (question) => await answer(place, question, options)));
  });
}

async function answer({ pool, answerers }: Place, asked: Question, { log, signal }: QuestionOptions): Promise<void> {
  const { id, clusterId, kind, question } = asked;
  try {
    await answerQuestion(pool, id, { answer: await find(answerers, asked, signal) });
  } catch (error) {
    if (signal.aborted) throw error;
    log.warn({ clusterId, kind, question, err: error }, 'a question could not be answered');
    await answerQuestion(pool, id, { error: errorMessage(error) });
  }
}

async function find(answerers: Answerers, { clusterId, kind, question }: Question, signal: AbortSignal) {
  switch (kind as QuestionKind) {
    case 'log':
      return await answerers.log(clusterId, question as Questions['log']['asked'], signal);
    case 'upgrade':
      return await answerers.upgrade(clusterId, question as Questions['upgrade']['asked'], signal);
    default:
      throw new Error(`this controller does not know what ${kind} is: it is older than the API that asks`);
  }
}
