import type { LogAnswer, LogQuestion } from '../log/model.ts';
import type { UpgradeFacts } from '../upgrade/facts.ts';

/** What kaas-api asks the controller of a cluster, which alone reaches it; JSON both ways. */
export interface Questions {
  readonly log: { readonly asked: LogQuestion; readonly answer: LogAnswer };
  readonly upgrade: { readonly asked: Readonly<Record<string, never>>; readonly answer: UpgradeFacts };
}
export type QuestionKind = keyof Questions;
