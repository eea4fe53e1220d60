import { type Caller, KaasError, notFound } from '@matryoshka/application';
import type { Kubeconfig } from '@matryoshka/contract';
import { getCluster, inProject, readSecret } from '@matryoshka/postgres';
import { parse, stringify } from 'yaml';
import type { ApiContext } from '../context.ts';

/**
 * The kubeconfig of a cluster. Its user is an exec plug-in, so that it opens nothing by itself and need not be kept secret.
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
    const stored = await readSecret(tx, context.secretBox, { owner: cluster.id, kind: 'kubeconfig' });
    if (stored === undefined)
      throw new KaasError('cluster_not_ready', `The control plane of ${cluster.name} has no kubeconfig yet.`, {
        next: 'Wait until the operation that creates the cluster has made the control plane.',
      });
    return { kubeconfig: stringify(kubeconfigOf(cluster, stored), { lineWidth: 0 }), context: cluster.name };
  });
}

/** kubectl's configuration with the server of `stored`, and whoever is logged in as its user. Throws without the text, which may be secret. */
export function kubeconfigOf(cluster: { readonly id: string; readonly name: string }, stored: string): unknown {
  const { name, id } = cluster;
  return {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name, cluster: serverOf(stored) }],
    users: [
      {
        name,
        user: {
          exec: {
            apiVersion: 'client.authentication.k8s.io/v1',
            command: 'kaas',
            args: ['get-token', '--cluster', id],
            interactiveMode: 'Never',
            installHint: 'kaas is not in your PATH: it asks the service for a token as you.',
          },
        },
      },
    ],
    contexts: [{ name, context: { cluster: name, user: name } }],
    'current-context': name,
  };
}

/** Of what the controller stored, only how the server is found and known: older rows hold an administrator's certificate, too. */
function serverOf(stored: string): Readonly<Record<string, string>> {
  const cluster = at(at(at(parseQuietly(stored), 'clusters'), '0'), 'cluster');
  const server = at(cluster, 'server');
  const authority = at(cluster, 'certificate-authority-data');
  if (typeof server !== 'string' || typeof authority !== 'string')
    throw new Error('the stored kubeconfig names no server and authority');
  return { server, 'certificate-authority-data': authority };
}

const at = (value: unknown, key: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;

function parseQuietly(text: string): unknown {
  try {
    return parse(text, { logLevel: 'error' });
  } catch {
    return undefined;
  }
}
