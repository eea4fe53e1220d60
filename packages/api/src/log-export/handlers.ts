import { KaasError, logExportView, mergeViolations, notFound, refuseViolations } from '@matryoshka/application';
import { validateLogExport } from '@matryoshka/domain';
import {
  deleteLogExport,
  getCluster,
  inProject,
  insertLogExport,
  listLogExports,
  newLogExportId,
  secretContexts,
} from '@matryoshka/postgres';
import { clusterOf } from '../cluster/handlers.ts';
import type { PlainHandlers, WriteHandlers } from '../http/incoming.ts';

const defaultRegion = 'us-east-1';

export const logExportHandlers: Pick<PlainHandlers, 'log-export.list'> = {
  'log-export.list': async (context, { caller, params }) => {
    await clusterOf(context, caller, params.clusterId);
    const rows = await inProject(context.pool, caller, async (tx) => await listLogExports(tx, params.clusterId));
    return { data: { items: rows.map(logExportView) } };
  },
};

export const logExportWrites: Pick<WriteHandlers, 'log-export.create' | 'log-export.delete'> = {
  'log-export.create': async ({ secretBox, allowHttpWebhooks }, { tx, audit }, { caller, params, body, shape }) => {
    const { clusterId } = params;
    // Its lock keeps a second request at once from exceeding the limit.
    const cluster = await getCluster(tx, clusterId, { lock: true });
    if (cluster === undefined) throw notFound('cluster', clusterId);
    if (cluster.deleteRequestedAt !== null)
      throw new KaasError('cluster_deleting', `The cluster ${cluster.name} is being deleted.`);
    const count = (await listLogExports(tx, clusterId)).length;
    refuseViolations(mergeViolations(shape, validateLogExport(body, { count, allowHttp: allowHttpWebhooks })));
    const id = newLogExportId();
    const { kind, components, url, accessKeyId = '' } = body;
    const region = kind === 's3' ? (body.region ?? defaultRegion) : '';
    const secret = kind === 's3' ? body.secretAccessKey : body.authorization;
    const made = await insertLogExport(tx, {
      ...{ id, projectId: caller.projectId, clusterId, kind, components, url, region, accessKeyId },
      createdBy: caller.userName,
      secret: secret === undefined ? null : await secretBox.seal(secret, secretContexts.logExport(id)),
    });
    await audit({ resource: id, after: { clusterId, kind, components, url, region, accessKeyId } });
    return { data: logExportView(made) };
  },
  'log-export.delete': async (_context, { tx, audit }, { params: { clusterId, logExportId } }) => {
    const gone = await deleteLogExport(tx, { clusterId, id: logExportId });
    if (gone === undefined) throw notFound('log export', logExportId);
    const { kind, components, url } = gone;
    await audit({ resource: logExportId, before: { clusterId, kind, components, url } });
    return { data: undefined };
  },
};
