import { KaasError } from '@matryoshka/application';

const maxDepth = 32;

/** A body as a value; undefined when empty. Throws `invalid_json`, whose text never repeats the body: it may hold a password. */
export function parseJsonBody(bytes: Buffer): unknown {
  const text = decode(bytes);
  if (text === '') return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw invalid(`it is malformed${placeOf(error)}.`);
  }
  // A value nested a hundred thousand deep is valid JSON, and the end of every recursive function that meets it.
  if (!isShallow(value, maxDepth)) throw invalid(`it is nested deeper than ${maxDepth} levels.`);
  return value;
}

function decode(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw invalid('it is not UTF-8.');
  }
}

function isShallow(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return true;
  if (levels === 0) return false;
  return Object.values(value).every((inner) => isShallow(inner, levels - 1));
}

/** V8 says where for all but short texts, which it quotes instead. */
function placeOf(error: unknown): string {
  const place = error instanceof Error ? /\(line (\d+) column (\d+)\)$/.exec(error.message) : null;
  return place === null ? '' : ` at line ${place[1]}, column ${place[2]}`;
}

function invalid(why: string): KaasError {
  return new KaasError('invalid_json', `The body is not JSON: ${why}`, { next: 'Send a valid JSON body in UTF-8.' });
}
