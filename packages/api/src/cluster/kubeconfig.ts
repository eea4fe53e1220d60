import { type Caller, KaasError, notFound } from '@matryoshka/application';
import type { Kubeconfig } from '@matryoshka/contract';
import { getCluster, inProject, insertAuditRecord, readSecret } from '@matryoshka/postgres';
import { parse } from 'yaml';
import type { ApiContext } from '../context.ts';

/**
 * The kubeconfig the controller stored for a cluster. Who got it is put into the audit log: it opens the whole cluster.
 * Throws `not_found`, `cluster_deleting`, `cluster_not_ready`.
 */
export async function readKubeconfig(context: ApiContext, caller: Caller, clusterId: string): Promise<Kubeconfig> {
  return await inProject(context.pool, caller, async (tx) => {
    const cluster = await getCluster(tx, clusterId);
    if (cluster === undefined) throw notFound('cluster', clusterId);
    if (cluster.deleteRequestedAt !== null)
      throw new KaasError('cluster_deleting', `The cluster ${cluster.name} is being deleted.`, {
        next: 'Make a new cluster.',
      });
    const kubeconfig = await readSecret(tx, context.secretBox, { owner: cluster.id, kind: 'kubeconfig' });
    if (kubeconfig === undefined)
      throw new KaasError('cluster_not_ready', `The control plane of ${cluster.name} has no kubeconfig yet.`, {
        next: 'Wait until the operation that creates the cluster has made the control plane.',
      });
    await insertAuditRecord(tx, {
      projectId: caller.projectId,
      userId: caller.userId,
      userName: caller.userName,
      action: 'cluster.kubeconfig',
      resource: cluster.id,
      requestId: caller.requestId,
      remoteAddress: caller.remoteAddress,
    });
    return { kubeconfig, context: contextOf(kubeconfig) };
  });
}

/** Name of the current context. Throws for what is no kubeconfig, which the controller never stores; without its text, which is secret. */
export function contextOf(kubeconfig: string): string {
  const config = parseQuietly(kubeconfig);
  const context = typeof config === 'object' && config !== null ? Reflect.get(config, 'current-context') : undefined;
  if (typeof context !== 'string' || context === '') throw new Error('the stored kubeconfig names no current context');
  return context;
}

function parseQuietly(text: string): unknown {
  try {
    return parse(text, { logLevel: 'error' });
  } catch {
    return undefined;
  }
}
