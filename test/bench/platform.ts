import { readFile } from 'node:fs/promises';
import { type Client, createClient } from '@matryoshka/client';
import type { Operation } from '@matryoshka/contract';
import { type PlatformConfig, platformPaths, readState } from '@matryoshka/installer';
import { type Connection, createKubeClient, type KubeClient, loadKubeconfig, parseServer } from '@matryoshka/kube';
import { type Cloud, connectCloud } from '@matryoshka/openstack';
import { sleep } from '@matryoshka/system';

/** The installation that is measured: MATRYOSHKA_DATA_DIR, as `kaas` finds it. */
export async function installation(): Promise<{ readonly config: PlatformConfig; readonly api: string }> {
  const config = await readState();
  if (config === undefined) throw new Error('nothing is installed here; run: kaas quickstart');
  return { config, api: `http://127.0.0.1:${config.ports.api}` };
}

async function customerPassword(config: PlatformConfig): Promise<string> {
  const file = `${platformPaths(config).secrets}/customer-demo.json`;
  return (JSON.parse(await readFile(file, 'utf8')) as { readonly password: string }).password;
}

/** OpenStack as that customer sees it. */
export async function customerCloud(config: PlatformConfig): Promise<Cloud> {
  const domain = { name: 'Default' };
  return connectCloud({
    authUrl: `http://${config.network.address}:${config.ports.keystone}/v3`,
    region: 'RegionOne',
    credentials: {
      method: 'password',
      user: { name: 'demo', domain },
      password: await customerPassword(config),
      scope: { project: { name: 'demo', domain } },
    },
  });
}

/** What a provider does for a customer with many clusters: each takes two security groups, a router and a network, and a project has ten groups. */
export async function liftNetworkQuota(config: PlatformConfig): Promise<void> {
  const file = await readFile(platformPaths(config).openstackAdminFile, 'utf8');
  const { authUrl, region, username, password, project } = JSON.parse(file) as Readonly<Record<string, string>>;
  const domain = { name: 'Default' };
  const admin = connectCloud({
    authUrl: authUrl ?? '',
    region: region ?? '',
    credentials: {
      method: 'password',
      user: { name: username ?? '', domain },
      password: password ?? '',
      scope: { project: { name: project ?? '', domain } },
    },
  });
  const [customer] = await admin.keystone.projects.list({ name: 'demo' });
  await admin.neutron.setQuota(customer?.id ?? '', {
    security_group: -1,
    security_group_rule: -1,
    network: -1,
    router: -1,
  });
}

/** A client of kaas-api as the customer that quickstart made. */
export async function customerClient(config: PlatformConfig, api: string): Promise<Client> {
  const password = await customerPassword(config);
  const body = { method: 'password', user: 'demo', password, project: 'demo' } as const;
  const { token } = await createClient({ baseUrl: api }).call('auth.login', { body });
  return createClient({ baseUrl: api, token });
}

export async function managementClient(config: PlatformConfig): Promise<KubeClient> {
  return createKubeClient(await loadKubeconfig(platformPaths(config).managementKubeconfig));
}

/** A customer's way into a cluster: where it is from the kubeconfig, and a token as the plug-in gets it. */
export async function tenantConnection(customer: Client, clusterId: string): Promise<Connection> {
  const params = { clusterId };
  const { kubeconfig } = await customer.call('cluster.kubeconfig', { params });
  const { token } = await customer.call('credential.create', { params });
  return { ...parseServer(kubeconfig), token };
}

/** Milliseconds until the ConfigMap could be written over the connection that `connectionOf` answers, once it answers one. */
export async function firstWrite(since: number, connectionOf: () => Promise<Connection | undefined>): Promise<number> {
  let client: KubeClient | undefined;
  try {
    for (;;) {
      const connection = client === undefined ? await connectionOf().catch(() => undefined) : undefined;
      if (connection !== undefined) client = createKubeClient(connection, { timeoutMs: 2_000, connectTimeoutMs: 500 });
      if (client !== undefined)
        try {
          await client.create({
            apiVersion: 'v1',
            kind: 'ConfigMap',
            metadata: { name: `bench-${Date.now()}`, namespace: 'default' },
          });
          return performance.now() - since;
        } catch {
          // Not yet.
        }
      await sleep(50);
    }
  } finally {
    await client?.close();
  }
}

/** Waits until an operation has ended; throws when it did not succeed. */
export async function finished(client: Client, operation: Operation): Promise<Operation> {
  for (let current = operation; ; ) {
    if (current.state === 'succeeded') return current;
    if (current.done) throw new Error(`${current.kind} ${current.state}: ${current.message}`);
    await sleep(100);
    current = await client.call('operation.get', { params: { operationId: operation.id } });
  }
}
