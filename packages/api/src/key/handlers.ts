import { keysView, rotateKey } from '@matryoshka/application';
import { clusterOf } from '../cluster/handlers.ts';
import type { ChangeHandlers, PlainHandlers } from '../http/incoming.ts';

export const keyHandlers: Pick<PlainHandlers, 'key.list'> = {
  'key.list': async (context, { caller, params }) => ({
    data: keysView(await clusterOf(context, caller, params.clusterId)),
  }),
};

export const keyChanges: Pick<ChangeHandlers, 'key.rotate'> = {
  'key.rotate': async ({ now }, tx, { caller, params, ifMatch }) =>
    await rotateKey(tx, caller, { ...params, ifMatch, now: now() }),
};
