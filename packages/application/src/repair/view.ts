import type { Repair as RepairView } from '@matryoshka/contract';
import type { Repair } from '@matryoshka/domain';

/** A repair as the API shows it. */
export function repairView({ node, pool, cause, at }: Repair): RepairView {
  return {
    ...{ node, pool },
    cause: { code: cause.reason, message: cause.message, actor: cause.actor },
    at: at.toISOString(),
  };
}
