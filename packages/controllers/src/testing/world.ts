import { type Cluster, planCluster } from '@matryoshka/domain';
import { createKubeClient, type KubeClient, type TransportRequest } from '@matryoshka/kube';
import { createLogger } from '@matryoshka/system';
import type { TestApiServer } from '@matryoshka/testkit';
import type { ClusterContext } from '../cluster/context.ts';
import { reconcileCluster } from '../cluster/reconcile.ts';
import { createTenantClients } from '../cluster/tenant-clients.ts';
import { settingsFixture } from './fixtures.ts';
import { createMemoryCloud, type MemoryCloud } from './memory-cloud.ts';
import { createMemoryStore, type MemoryStore } from './memory-store.ts';
import { playUpstream } from './upstream.ts';

class Crash extends Error {}

/** One world (database and cloud) in which controllers live and die. */
export class World {
  readonly store: MemoryStore;
  readonly cloud: MemoryCloud;
  writes: string[] = [];
  crashAt = Number.POSITIVE_INFINITY;
  crashes = 0;
  /** So far the controller's clock goes before the world's. In milliseconds. */
  ahead = 0;
  changes = 0;
  #dead = false;
  readonly #server: TestApiServer;
  readonly #client: KubeClient;

  /** `client` is the test's own: upstream controllers, never the one under test. */
  constructor(server: TestApiServer, client: KubeClient) {
    this.#server = server;
    this.#client = client;
    this.store = createMemoryStore((what) => this.write(what));
    this.cloud = createMemoryCloud((what) => this.write(what));
  }

  /** Every change of the outside passes here. A dead process changes nothing any more. */
  write(what: string): void {
    // How often a status is reported depends on the speed of the machine, and only the next report follows from it.
    const counts = what !== 'report';
    if (this.#dead || (counts && this.changes === this.crashAt)) {
      this.#dead = true;
      throw new Crash(`before ${what}`);
    }
    this.writes.push(what);
    if (counts) this.changes += 1;
  }

  /** Starts a controller process, reconciles once, and ends it. Answers whether it survived. */
  async run(id: string): Promise<boolean> {
    this.#dead = false;
    const management = createKubeClient(this.#server.connection);
    const onRequest = ({ method, path }: TransportRequest): void => {
      if (method !== 'GET') this.write(`${method} ${path}`);
    };
    management.transport.onRequest = onRequest;
    const tenants = createTenantClients();
    const context: ClusterContext = {
      plan: planCluster,
      management,
      cloud: this.cloud.cloud,
      connect: this.cloud.connect,
      store: this.store,
      tenants: {
        ...tenants,
        client: (clusterId, kubeconfig) => {
          const tenant = tenants.client(clusterId, kubeconfig);
          tenant.transport.onRequest = onRequest;
          return tenant;
        },
      },
      settings: settingsFixture,
      log: createLogger('test'),
      now: () => new Date(Date.now() + this.ahead),
      externalNetworkId: async () => 'external-network',
      volumeTypes: async () => ['__DEFAULT__', 'fast'],
    };
    try {
      await reconcileCluster(context, id, AbortSignal.timeout(60_000));
      return true;
    } catch (error) {
      if (!(error instanceof Crash)) throw error;
      this.crashes += 1;
      this.crashAt = Number.POSITIVE_INFINITY;
      return false;
    } finally {
      await Promise.all([management.close(), tenants.close()]);
    }
  }

  /** Reconciles, with upstream acting in between, until the plan says so. */
  async until(id: string, done: () => Promise<boolean>): Promise<void> {
    for (let turn = 0; turn < 30; turn += 1) {
      await this.run(id);
      if (await done()) return;
      await playUpstream(this.#client, id, this.#server.connection);
    }
    throw new Error(`not there after 30 turns; last writes: ${this.writes.slice(-5).join(' | ')}`);
  }

  async create(cluster: Cluster): Promise<void> {
    this.store.desire(cluster);
    await this.until(cluster.id, async () => (await this.store.load(cluster.id))?.status.phase === 'ready');
  }

  async remove(id: string): Promise<void> {
    const cluster = await this.store.load(id);
    if (cluster === undefined) throw new Error(`${id} does not exist`);
    this.store.desire({ ...cluster, generation: cluster.generation + 1, deleteRequestedAt: new Date() });
    await this.until(id, async () => (await this.store.load(id)) === undefined);
  }
}
