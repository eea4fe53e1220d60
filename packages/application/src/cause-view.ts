import type { Repair } from '@matryoshka/contract';
import type { Failure } from '@matryoshka/domain';

/** Why something is not well, as the API shows it. */
export function causeView({ reason, message, actor }: Failure): Repair['cause'] {
  return { code: reason, message, actor };
}
