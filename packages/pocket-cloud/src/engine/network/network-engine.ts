import { readdir } from 'node:fs/promises';
import { errorMessage, type Logger } from '@matryoshka/system';
import { dhcpRuns, ensureDhcp, removeDhcp } from './dhcp.ts';
import { applyFilters, forgetWithdrawn } from './filters.ts';
import { ensureBridge, ensureHost } from './host.ts';
import { ipBatch, listLinks, listNamespaces } from './linux.ts';
import { type NetworkNames, networkNames } from './names.ts';
import { ensureRouter, removeRouter } from './router.ts';
import type { NetworkEngineConfig, NetworkState } from './spec.ts';

/** What could not be done, by object (`router:<id>`, `dhcp:<network id>`, `network:<id>`, `filters`, `host`). Tried again by the next run. */
export type NetworkFailures = ReadonlyMap<string, string>;

export interface NetworkEngine {
  readonly names: NetworkNames;
  /** Brings the kernel to the state that `load` gives now or later; calls made meanwhile share one further run. Never rejects: see the result. */
  reconcile(): Promise<NetworkFailures>;
  /** Like reconcile, but trusts nothing it did before: looks at every object in the kernel. */
  verify(): Promise<NetworkFailures>;
  /** Cheap look without commands: whether a namespace or a process that was made is gone. */
  isDamaged(): Promise<boolean>;
  /** Waits for a running reconciliation and starts no other. */
  stop(): Promise<void>;
}

interface Memory {
  /** Key → specification as it was applied last. */
  readonly applied: Map<string, string>;
  state: NetworkState | undefined;
}

/**
 * The network data plane of one pocket cloud. One run at a time; objects whose specification did not change since the last success are skipped,
 * so that a change costs what it touches. `load` is called at the start of each run.
 */
export function createNetworkEngine(config: NetworkEngineConfig, log: Logger, load: () => NetworkState): NetworkEngine {
  const names = networkNames(config.prefix);
  const memory: Memory = { applied: new Map(), state: undefined };
  let running: Promise<NetworkFailures> | undefined;
  let next: Promise<NetworkFailures> | undefined;
  let verifyNext = true;
  let stopped = false;

  const once = async (): Promise<NetworkFailures> => {
    // Callers are often inside a transaction, which is over by then: what is rolled back must not reach the kernel.
    await Promise.resolve();
    if (verifyNext) memory.applied.clear();
    verifyNext = false;
    const failures = await runOnce(config, names, memory, load());
    for (const [key, error] of failures) log.warn({ object: key, error }, 'network object not ready');
    return failures;
  };
  const start = (): Promise<NetworkFailures> => {
    running = once()
      .catch((error: unknown) => {
        log.error({ error: errorMessage(error) }, 'network reconciliation failed');
        return new Map([['host', errorMessage(error)]]);
      })
      .finally(() => {
        running = undefined;
      });
    return running;
  };
  const reconcile = (): Promise<NetworkFailures> => {
    if (stopped) return Promise.resolve(new Map());
    if (running === undefined) return start();
    next ??= running.then(() => {
      next = undefined;
      return stopped ? new Map<string, string>() : start();
    });
    return next;
  };
  return {
    names,
    reconcile,
    verify: () => {
      verifyNext = true;
      return reconcile();
    },
    isDamaged: async () => {
      if (running !== undefined || memory.state === undefined) return false;
      const damaged = await looksDamaged(config, names, [...memory.applied.keys()]);
      // A run that began meanwhile may have been seen half-way.
      return damaged && running === undefined;
    },
    stop: async () => {
      stopped = true;
      await running;
    },
  };
}

async function looksDamaged(
  config: NetworkEngineConfig,
  names: NetworkNames,
  applied: readonly string[],
): Promise<boolean> {
  const present = new Set(await listNamespaces(`${names.prefix}-`));
  if (!present.has(names.switchNamespace)) return true;
  for (const key of applied) {
    const [kind, id = ''] = key.split(':');
    if (kind === 'router' && !present.has(names.routerNamespace(id))) return true;
    if (kind === 'dhcp' && !(present.has(names.dhcpNamespace(id)) && (await dhcpRuns(config, id)))) return true;
  }
  return false;
}

async function runOnce(
  config: NetworkEngineConfig,
  names: NetworkNames,
  memory: Memory,
  state: NetworkState,
): Promise<NetworkFailures> {
  const failures = new Map<string, string>();
  const ensure = async (key: string, spec: unknown, work: () => Promise<void>): Promise<void> => {
    const text = JSON.stringify(spec);
    if (memory.applied.get(key) === text) return;
    memory.applied.delete(key);
    try {
      await work();
      memory.applied.set(key, text);
    } catch (error) {
      failures.set(key, errorMessage(error));
    }
  };
  const external = new Set(state.networks.filter((network) => network.external).map((network) => network.id));
  const bridgeOf = (networkId: string): string =>
    external.has(networkId) ? names.externalBridge : names.bridge(networkId);

  await ensure('host', config, async () => await ensureHost(config));
  for (const network of state.networks)
    await ensure(
      `network:${network.id}`,
      network,
      async () => await ensureBridge(names, bridgeOf(network.id), network.mtu),
    );
  // Filters stand before anything can be plugged in.
  const { dhcp: _dhcp, routers: _routers, ...filtered } = state;
  await ensure('filters', filtered, async () => {
    await applyFilters(names, state);
    await forgetWithdrawn(names, memory.state, state);
    memory.state = state;
  });
  for (const spec of state.dhcp)
    await ensure(`dhcp:${spec.networkId}`, spec, async () => await ensureDhcp(config, spec, bridgeOf(spec.networkId)));
  for (const spec of state.routers)
    await ensure(`router:${spec.id}`, spec, async () => await ensureRouter(names, spec, bridgeOf));
  await removeStale(config, names, memory, state, failures);
  return failures;
}

/** Removes what no row wants any more. Found in the kernel and in what was applied before, so a crash between row and kernel leaves nothing. */
async function removeStale(
  config: NetworkEngineConfig,
  names: NetworkNames,
  memory: Memory,
  state: NetworkState,
  failures: Map<string, string>,
): Promise<void> {
  const attempt = async (key: string, work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      failures.set(key, errorMessage(error));
    }
    memory.applied.delete(key);
  };
  const present = await listNamespaces(`${names.prefix}-`);
  const routers = new Set(state.routers.map((spec) => names.routerNamespace(spec.id)));
  for (const namespace of present.filter((name) => name.startsWith(`${names.prefix}-router-`)))
    if (!routers.has(namespace)) await attempt(namespace, async () => await removeRouter(names, idIn(namespace)));
  // Also by folder: after a reboot a network that went meanwhile has no namespace but still its files.
  const dhcp = new Set(state.dhcp.map((spec) => names.dhcpNamespace(spec.networkId)));
  const folders = (await readdir(config.directory).catch(() => [])).map((id) => names.dhcpNamespace(id));
  const known = [...folders, ...present.filter((name) => name.startsWith(`${names.prefix}-dhcp-`))];
  for (const namespace of new Set(known))
    if (!dhcp.has(namespace)) await attempt(namespace, async () => await removeDhcp(config, names, namespace));
  const bridges = new Set(state.networks.map((network) => names.bridge(network.id)));
  const stale = (await listLinks(names.switchNamespace)).filter(
    ({ ifname }) => ifname.startsWith(`${names.prefix}n`) && !bridges.has(ifname),
  );
  for (const link of stale)
    await attempt(link.ifname, async () => await ipBatch(names.switchNamespace, [`link del ${link.ifname}`]));
  const wantedKeys = new Set([
    'host',
    'filters',
    ...state.networks.map((network) => `network:${network.id}`),
    ...state.dhcp.map((spec) => `dhcp:${spec.networkId}`),
    ...state.routers.map((spec) => `router:${spec.id}`),
  ]);
  for (const key of [...memory.applied.keys()]) if (!wantedKeys.has(key)) memory.applied.delete(key);
}

/** The digits of the id at the end of a namespace name: enough to make the name again. */
function idIn(namespace: string): string {
  return namespace.slice(namespace.lastIndexOf('-') + 1);
}
