import type { LogAnswer, UpgradeFacts } from '@matryoshka/domain';
import type { TestPlatform } from './platform.ts';

const nothingSaid: LogAnswer = { lines: [], truncated: false };
const nothingFound: UpgradeFacts = { nodes: [], fullBudgets: [], deadWebhooks: [], deprecatedApis: [], barePods: [] };

/** What kaas-controller does, where none runs: answers questions about logs and upgrades, with nothing. Answers how to end it. */
export function answerQuestions({ controller }: Pick<TestPlatform, 'controller'>): () => void {
  const sql = `update questions set answered_at = now(), answer = case kind when 'log' then $1::jsonb else $2::jsonb end
    where answered_at is null`;
  const values = [JSON.stringify(nothingSaid), JSON.stringify(nothingFound)];
  const answering = setInterval(() => void controller.query(sql, values).catch(() => undefined), 50);
  return () => clearInterval(answering);
}
