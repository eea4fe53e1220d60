import { errorMessage } from '@matryoshka/system';
import type { Clock } from './clock.ts';
import type { CallKind, Sample } from './model.ts';

/** Does something, and once more when it failed, as a careful client would. Never rejects. */
export async function sampled(
  kind: CallKind,
  work: (again: boolean) => Promise<void>,
  { clock, address }: { readonly clock: Clock; readonly address: string },
): Promise<Sample> {
  const at = clock();
  const took = (): number => clock() - at;
  try {
    await work(false);
    return { kind, at, tookMs: took(), ok: true };
  } catch (error) {
    const sample = { kind, at, ok: false, error: shortened(errorMessage(error), address) };
    const repeatOk = await work(true).then(
      () => true,
      () => false,
    );
    return { ...sample, repeatOk, tookMs: took() };
  }
}

/** Words that are the same for the same fault: without what differs from call to call. */
function shortened(words: string, address: string): string {
  return words
    .replaceAll(address, '')
    .replace(/\b(?:GET|POST) \S*: /, '')
    .replace(/\b[0-9a-f]{16,}\b/g, '…')
    .replace(/\d+\.\d+\.\d+\.\d+(?::\d+)?/g, '…')
    .replace(/probe-\S+-\d+/g, '…')
    .slice(0, 160);
}
