import { credentialClaims, KaasError, notFound, refuseAsleep, revokeCredentials } from '@matryoshka/application';
import { getCluster } from '@matryoshka/postgres';
import type { ChangeHandlers, WriteHandlers } from '../http/incoming.ts';
import { signCredential } from './sign.ts';

export const credentialWrites: Pick<WriteHandlers, 'credential.create'> = {
  'credential.create': async (context, { tx, audit }, { caller, params }) => {
    const cluster = await getCluster(tx, params.clusterId);
    if (cluster === undefined) throw notFound('cluster', params.clusterId);
    if (cluster.deleteRequestedAt !== null)
      throw new KaasError('cluster_deleting', `The cluster ${cluster.name} is being deleted.`, {
        next: 'Make a new cluster.',
      });
    // While it falls asleep or wakes, it may answer.
    if (cluster.status.phase === 'hibernated') refuseAsleep(cluster);
    const { claims, username, groups } = credentialClaims(caller, cluster);
    const { token, id, expiresAt } = await signCredential(tx, context, claims, context.now());
    const { role } = caller;
    await audit({ resource: cluster.id, after: { credential: id, role, expiresAt: expiresAt.toISOString() } });
    return { data: { token, expiresAt: expiresAt.toISOString(), username, groups: [...groups] } };
  },
};

export const credentialChanges: Pick<ChangeHandlers, 'credential.revoke'> = {
  'credential.revoke': async (_context, tx, { caller, params, ifMatch }) =>
    await revokeCredentials(tx, caller, { clusterId: params.clusterId, ifMatch }),
};
