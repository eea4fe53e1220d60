import type { TestPlatform } from './platform.ts';

/** What kaas-controller does, where none runs: answers questions about logs, with nothing. Answers how to end it. */
export function answerLogs({ controller }: Pick<TestPlatform, 'controller'>): () => void {
  const sql = "update log_requests set answered_at = now(), lines = '[]', truncated = false where answered_at is null";
  const answering = setInterval(() => void controller.query(sql).catch(() => undefined), 50);
  return () => clearInterval(answering);
}
