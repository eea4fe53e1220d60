import type { Repair as RepairView } from '@matryoshka/contract';
import type { Repair } from '@matryoshka/domain';
import { causeView } from '../cause-view.ts';

/** A repair as the API shows it. */
export function repairView({ node, pool, cause, at }: Repair): RepairView {
  return {
    ...{ node, pool },
    cause: causeView(cause),
    at: at.toISOString(),
  };
}
