import { beginRotation, certificatesView, completeRotation, renewCertificates } from '@matryoshka/application';
import { clusterOf } from '../cluster/handlers.ts';
import type { ChangeHandlers, PlainHandlers } from '../http/incoming.ts';

export const certificateHandlers: Pick<PlainHandlers, 'certificate.get'> = {
  'certificate.get': async (context, { caller, params }) => ({
    data: certificatesView(await clusterOf(context, caller, params.clusterId)),
  }),
};

export const certificateChanges: Pick<
  ChangeHandlers,
  'certificate.renew' | 'certificate.rotate' | 'certificate.complete'
> = {
  'certificate.renew': async ({ now }, tx, { caller, params, ifMatch }) =>
    await renewCertificates(tx, caller, { ...params, ifMatch, now: now() }),
  'certificate.rotate': async ({ now }, tx, { caller, params, ifMatch }) =>
    await beginRotation(tx, caller, { ...params, ifMatch, now: now() }),
  'certificate.complete': async ({ now }, tx, { caller, params, ifMatch }) =>
    await completeRotation(tx, caller, { ...params, ifMatch, now: now() }),
};
