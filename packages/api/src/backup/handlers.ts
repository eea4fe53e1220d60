import { backupView, createBackup, KaasError, notFound, restoreBackup } from '@matryoshka/application';
import { defaultPageSize } from '@matryoshka/contract';
import { getBackup, getCluster, inProject, listBackups, removeBackupLater } from '@matryoshka/postgres';
import { clusterOf } from '../cluster/handlers.ts';
import { type CursorScope, decodeCursor, pageOf, readTimeKey } from '../http/cursor.ts';
import type { ChangeHandlers, PlainHandlers, WriteHandlers } from '../http/incoming.ts';
import { writeTransaction } from '../store.ts';

export const backupHandlers: Pick<PlainHandlers, 'backup.list' | 'backup.get'> = {
  'backup.list': async (context, { caller, params, query }) => {
    const { clusterId } = params;
    await clusterOf(context, caller, clusterId);
    const { cursor, limit = defaultPageSize } = query;
    const scope: CursorScope = ['backup.list', caller.projectId, clusterId];
    const before = decodeCursor(scope, cursor, readTimeKey);
    const filter = { clusterId, limit: limit + 1, ...(before === undefined ? {} : { before }) };
    const rows = await inProject(context.pool, caller, async (tx) => await listBackups(tx, filter));
    return {
      data: pageOf(scope, rows, limit, { key: ({ createdAt, id }) => [createdAt.toISOString(), id], view: backupView }),
    };
  },
  'backup.get': async (context, { caller, params: { clusterId, backupId } }) => {
    await clusterOf(context, caller, clusterId);
    const found = await inProject(context.pool, caller, async (tx) => await getBackup(tx, { clusterId, id: backupId }));
    if (found === undefined) throw notFound('backup', backupId);
    return { data: backupView(found) };
  },
};

export const backupWrites: Pick<WriteHandlers, 'backup.create' | 'backup.delete'> = {
  'backup.create': async ({ now }, { tx, audit }, { caller, params: { clusterId }, body, shape }) => {
    const cluster = await getCluster(tx, clusterId, { lock: true });
    if (cluster === undefined) throw notFound('cluster', clusterId);
    if (cluster.deleteRequestedAt !== null)
      throw new KaasError('cluster_deleting', `The cluster ${cluster.name} is being deleted.`);
    const made = await createBackup(writeTransaction(tx), cluster, {
      body,
      shape,
      requestedBy: caller.userName,
      now: now(),
    });
    await audit({ resource: made.id, after: { clusterId, ...(made.moment === null ? {} : { moment: made.moment }) } });
    return { data: backupView(made) };
  },
  'backup.delete': async (_context, { tx, audit }, { params: { clusterId, backupId } }) => {
    const cluster = await getCluster(tx, clusterId, { lock: true });
    if (cluster === undefined) throw notFound('cluster', clusterId);
    const found = await getBackup(tx, { clusterId, id: backupId });
    if (found === undefined) throw notFound('backup', backupId);
    if (cluster.restore?.backupId === backupId)
      throw new KaasError('cluster_restoring', `The backup ${backupId} is being restored in ${cluster.name}.`, {
        next: 'Wait for that operation, or cancel it.',
      });
    await removeBackupLater(tx, backupId);
    await audit({ resource: backupId, before: { clusterId, state: found.state, createdAt: found.createdAt } });
    return { data: undefined };
  },
};

export const backupChanges: Pick<ChangeHandlers, 'backup.restore'> = {
  'backup.restore': async ({ now }, tx, { caller, params, ifMatch }) =>
    await restoreBackup(tx, caller, { ...params, ifMatch, now: now() }),
};
