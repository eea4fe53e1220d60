import { createHash } from 'node:crypto';
import { createKubeClient, type KubeClient, parseKubeconfig } from '@matryoshka/kube';

/** Clients of customers' clusters, kept between turns. Calls are short: a dead tenant must not hold a worker. */
export interface TenantClients {
  /** The client for a kubeconfig; a changed kubeconfig of the same cluster replaces the client. */
  client(clusterId: string, kubeconfig: string): KubeClient;
  forget(clusterId: string): Promise<void>;
  close(): Promise<void>;
}

const timeoutMs = 5_000;

export function createTenantClients(): TenantClients {
  const clients = new Map<string, { readonly digest: string; readonly client: KubeClient }>();
  const forget = async (clusterId: string): Promise<void> => {
    const known = clients.get(clusterId);
    clients.delete(clusterId);
    await known?.client.close();
  };
  return {
    client: (clusterId, kubeconfig) => {
      const digest = createHash('sha256').update(kubeconfig).digest('hex');
      const known = clients.get(clusterId);
      if (known?.digest === digest) return known.client;
      void known?.client.close();
      const client = createKubeClient(parseKubeconfig(kubeconfig), { timeoutMs, connectTimeoutMs: 2_000 });
      clients.set(clusterId, { digest, client });
      return client;
    },
    forget,
    close: async () => {
      await Promise.all([...clients.keys()].map(forget));
    },
  };
}
