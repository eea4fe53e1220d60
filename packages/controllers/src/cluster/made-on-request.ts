import type { ClusterContext } from './context.ts';

/** When a key is made that shall be no older than `asked` (null: nobody asked). Clocks of two machines differ: one that was made on request is not older than the request. */
export const madeOnRequest = ({ now }: Pick<ClusterContext, 'now'>, asked: Date | null): Date =>
  new Date(Math.max(now().getTime(), asked?.getTime() ?? 0));
