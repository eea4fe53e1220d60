import { randomInt } from 'node:crypto';

const alphabet = 'abcdefghijklmnopqrstuvwxyz0123456789';
const letters = alphabet.slice(0, 26);

function random(length: number): string {
  // A letter first: the id after the dash then also serves where names must start with one.
  const first = letters.charAt(randomInt(letters.length));
  return first + Array.from({ length: length - 1 }, () => alphabet.charAt(randomInt(alphabet.length))).join('');
}

/** `c-` and ten characters (51 bits). */
export function newClusterId(): string {
  return `c-${random(10)}`;
}

/** `tok-` and twelve characters. */
export function newTokenId(): string {
  return `tok-${random(12)}`;
}

/** `le-` and twelve characters. */
export function newLogExportId(): string {
  return `le-${random(12)}`;
}

/** `b-` and twelve characters. */
export function newBackupId(): string {
  return `b-${random(12)}`;
}

/** `qu-` and twelve characters. */
export function newQuestionId(): string {
  return `qu-${random(12)}`;
}

/** `mem-` and twelve characters. */
export function newMemberId(): string {
  return `mem-${random(12)}`;
}

/** `wh-` and twelve characters. */
export function newWebhookId(): string {
  return `wh-${random(12)}`;
}

/** `dl-` and sixteen characters: there are many. */
export function newDeliveryId(): string {
  return `dl-${random(16)}`;
}

/** `pl-` and twelve characters. */
export function newPriceListId(): string {
  return `pl-${random(12)}`;
}

/** `op-` and twelve characters. */
export function newOperationId(): string {
  return `op-${random(12)}`;
}
