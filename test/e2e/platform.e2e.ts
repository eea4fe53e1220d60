import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { daemonStatus, run, sleep } from '@matryoshka/system';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { accessStories } from './stories/access.ts';
import { disasterStories } from './stories/disasters.ts';
import { endpointStories } from './stories/endpoint.ts';
import { faultStories } from './stories/faults.ts';
import { orcStories } from './stories/orc.ts';
import { poolStories } from './stories/pools.ts';
import { providerStories } from './stories/provider.ts';
import { replicaStories } from './stories/replicas.ts';
import { serviceStories } from './stories/services.ts';
import { upgradeStories } from './stories/upgrades.ts';
import { usageStories } from './stories/usage.ts';
import { volumeStories } from './stories/volumes.ts';
import { cloudIn, inventory, serviceUsers } from './support/cloud.ts';
import { crashUntil, killDaemon } from './support/crash.ts';
import { leftBehind, type MachineSnapshot, machineSnapshot } from './support/machine.ts';
import {
  config,
  environment,
  home,
  kaas,
  kaasJson,
  kaasOk,
  kubectl,
  managementKubectl,
  type Outcome,
  paths,
  placement,
  settings,
  startKaas,
} from './support/platform.ts';
import { replicasOf } from './support/replicas.ts';
import { sql } from './support/sql.ts';
import { eventually } from './support/waiting.ts';

// One platform for the whole file: the tests follow each other as the life of an installation does.

interface Cluster {
  readonly id: string;
  readonly name: string;
  readonly status: {
    readonly phase: string;
    readonly endpoint: string | null;
    readonly conditions: readonly { readonly type: string; readonly status: string; readonly message: string }[];
  };
}

const ours = [config.dataDir, `${config.network.prefix}-switch`];
let before: MachineSnapshot;
let first: Outcome;

const cluster = async (name: string): Promise<Cluster> => await kaasJson<Cluster>(['cluster', 'get', name]);
beforeAll(async () => {
  // What an interrupted earlier run left.
  await kaas(['down', '--purge', ...placement]);
  await mkdir(home, { recursive: true });
  before = await machineSnapshot(ours);
  first = await kaas(['quickstart', ...settings]);
});

afterAll(async () => {
  await kaas(['down', '--purge', ...placement]);
  await rm(home, { recursive: true, force: true });
});

describe('quickstart', () => {
  it('makes a cluster with a workload, and shows logs and exec', () => {
    expect(first.stderr).not.toMatch(/\n\s+at /);
    expect(first.code, first.stderr.slice(-3000)).toBe(0);
    expect(first.stderr).toMatch(/\$ kubectl logs deployment\/hello[^$]*hello from hello-/);
    expect(first.stderr).toMatch(/\$ kubectl exec deployment\/hello[^$]*hello from hello-/);
    expect(first.stderr).toMatch(/\$ curl http:\/\/[\d.]+\/\s+hello from hello-/);
    expect(first.stderr).toMatch(/What to try next/);
    expect(first.stdout).toBe('');
  });

  it('may be run again: nothing new is made', async () => {
    const counts = await inventory('demo');
    const again = await kaas(['quickstart', ...placement]);
    expect(again.code, again.stderr.slice(-3000)).toBe(0);
    expect(await inventory('demo')).toEqual(counts);
  });

  it('puts the two replicas of the control plane on two nodes', async () => {
    const { id } = await cluster('demo');
    const running = await replicasOf(id);
    expect(running).toHaveLength(2);
    expect(new Set(running.map(({ node }) => node)).size).toBe(2);
    const probes = ['get', 'pods', '-n', id, '-l', `kamaji.clastix.io/name=${id}`, '-o'].concat(
      'jsonpath={range .items[*]}{.spec.containers[?(@.name=="kube-apiserver")].startupProbe.periodSeconds} {end}',
    );
    expect((await managementKubectl(probes)).trim()).toBe('1 1');
  });

  it("puts every management node behind the customer's API address", async () => {
    const { id } = await cluster('demo');
    const { cloud } = await cloudIn('management');
    const read = async <T>(path: string): Promise<T> =>
      JSON.parse((await cloud.session.call('load-balancer', 'GET', path)).text) as T;
    const { pools } = await read<{ pools: { id: string; name: string }[] }>('/lbaas/pools');
    const own = pools.filter(({ name }) => name.includes(id));
    expect(own.length).toBeGreaterThan(0);
    for (const pool of own)
      expect((await read<{ members: unknown[] }>(`/lbaas/pools/${pool.id}/members`)).members).toHaveLength(2);
  });

  it("keeps workers in the customer's project, out of reach from outside", async () => {
    const { cloud, projectId } = await cloudIn('demo');
    const servers = (await cloud.nova.servers.list({ all_tenants: true })).filter(
      ({ tenant_id }) => tenant_id === projectId,
    );
    expect(servers).toHaveLength(2);
    const addresses = servers.flatMap(({ addresses: all }) => Object.values(all).flat());
    expect(addresses).toHaveLength(2);
    for (const { addr } of addresses) {
      expect(addr).toMatch(/^10\.6\./);
      const ping = await run(['ping', '-c', '1', '-W', '1', addr], { okCodes: 'any' });
      expect(ping.code).not.toBe(0);
    }
    // The load balancer of the API is ours, not the customer's: theirs is that of the Service.
    const { floatingIps, loadBalancers } = await inventory('demo');
    expect(floatingIps).toHaveLength(1);
    expect(loadBalancers).toEqual([expect.stringContaining('_default_hello')]);
  });

  it('lets pods out to the Internet side through the router, and not to the metadata service', async () => {
    const pod = ['exec', 'deployment/hello', '--'];
    const registry = `http://${config.network.address}:${config.ports.registry}/v2/`;
    expect(await kubectl('demo', [...pod, 'wget', '-q', '-O', '-', registry])).toContain('{}');
    const metadata = ['wget', '-q', '-T', '3', '-O', '-', 'http://169.254.169.254/openstack/latest/user_data'];
    const refused = await kaas(['kubectl', '--context', 'demo', ...pod, ...metadata]);
    expect(refused.code).not.toBe(0);
  });

  it("leaves no OpenStack credential in the customer's cluster", async () => {
    const { id } = await cluster('demo');
    const secret = JSON.parse(await managementKubectl(['get', 'secret', `${id}-clouds`, '-n', id, '-o', 'json'])) as {
      readonly data: Readonly<Record<string, string>>;
    };
    const text = Buffer.from(secret.data['clouds.yaml'] ?? '', 'base64').toString('utf8');
    const value = /application_credential_secret: (\S+)/.exec(text)?.[1];
    expect(value).toMatch(/^.{40,}$/);
    const everything = await kubectl('demo', ['get', 'secrets,configmaps', '-A', '-o', 'yaml']);
    expect(everything).not.toContain(value);
  });
});

accessStories();
endpointStories();
providerStories();
replicaStories();
serviceStories();
volumeStories();
faultStories();
usageStories();
orcStories();
poolStories();
upgradeStories();

describe('the command line', () => {
  it('prints only the kubeconfig with --stdout, and machine-readable status', async () => {
    const text = await kaasOk(['cluster', 'kubeconfig', 'demo', '--stdout']);
    expect(text).toMatch(/^apiVersion: v1\n|^clusters:/m);
    const file = join(home, 'plain');
    await writeFile(file, text, { mode: 0o600 });
    const nodes = await kaasOk(['kubectl', 'get', 'nodes', '-o', 'name'], { env: { KUBECONFIG: file } });
    expect(nodes.trim().split('\n')).toHaveLength(2);
    const status = await kaasJson<{ installed: boolean; processes: { state: string }[] }>(['status', ...placement]);
    expect(status.installed).toBe(true);
    expect(status.processes.map(({ state }) => state)).toEqual(status.processes.map(() => 'ready'));
  });

  it('finds nothing to complain about', async () => {
    const doctor = await kaas(['doctor', ...placement]);
    expect(doctor.stdout).toBe('');
    expect(doctor.code, doctor.stderr).toBe(0);
  });

  it("gives the openstack command line a customer's project", async () => {
    const openrc = await kaasOk(['cloud', 'openrc', '--project', 'demo', ...placement]);
    const listed = await run(['sh', '-e'], { input: `${openrc}\nopenstack server list -f value -c Name` });
    expect(listed.stdout.trim().split('\n')).toHaveLength(2);
  });

  it.each([
    [
      'a version that is not offered',
      ['cluster', 'create', 'x', '--kubernetes-version', 'v1.20.0'],
      2,
      /kubernetesVersion/,
    ],
    ['a flavor that does not exist', ['cluster', 'create', 'x', '--pool', 'w:m1.huge:1'], 2, /m1\.huge/],
    ['a bad name', ['cluster', 'create', 'X_y'], 2, /\/name/],
    ['a taken name', ['cluster', 'create', 'demo'], 4, /name_taken/],
    ['ranges that overlap', ['cluster', 'create', 'x', '--pod-cidr', '10.6.0.0/16'], 2, /overlaps/],
    ['more than the quota', ['cluster', 'create', 'x', '--pool', 'w:m1.small:40'], 2, /quota|limit/i],
    ['an unknown cluster', ['cluster', 'get', 'nothing'], 3, /no cluster nothing/],
  ])('refuses %s and creates nothing', async (_, argv, code, message) => {
    const result = await kaas(argv);
    expect(result.stderr).toMatch(message);
    expect(result.code).toBe(code);
    expect(result.stderr).not.toMatch(/\n\s+at /);
    const { items } = await kaasJson<{ items: Cluster[] }>(['cluster', 'list']);
    expect(items.map(({ name }) => name)).toEqual(['demo']);
  });
});

describe('up', () => {
  it('tells a second up who holds the lock', async () => {
    const one = startKaas(['up', ...placement]);
    await sleep(1_500);
    const two = await kaas(['up', ...placement]);
    expect(two.code).toBe(1);
    expect(two.stderr).toMatch(new RegExp(`kaas up.*process ${one.pid}|locked|holds`));
    expect((await one.done).code).toBe(0);
  });

  it('converges when it is killed at any moment', async () => {
    for (let round = 0; round < 4; round += 1) {
      await killDaemon('kaas-api');
      await killDaemon('registry');
      const running = startKaas(['up', ...placement]);
      await sleep(randomInt(300, 4_000));
      running.kill('SIGKILL');
      await running.done;
    }
    const last = await kaas(['up', ...placement]);
    expect(last.code, last.stderr.slice(-2000)).toBe(0);
    const doctor = await kaas(['doctor', ...placement]);
    expect(doctor.code, doctor.stdout).toBe(0);
  });

  it('names a taken port in the first line, and doctor does too', async () => {
    await killDaemon('kaas-api');
    await eventually('the port is free', async () =>
      (await daemonStatus(paths.pidFile('kaas-api'))) === undefined ? true : undefined,
    );
    const squatter = createServer((socket) => socket.destroy());
    squatter.listen(config.ports.api, '127.0.0.1');
    await once(squatter, 'listening');
    try {
      const result = await kaas(['up', ...placement]);
      expect(result.code).toBe(1);
      expect(result.stderr).toMatch(new RegExp(`Port ${config.ports.api} \\(kaas-api\\) is taken`));
      expect((await kaas(['doctor', ...placement])).stdout).toMatch(new RegExp(`Port ${config.ports.api}`));
    } finally {
      await new Promise((resolve) => squatter.close(resolve));
    }
    expect((await kaas(['up', ...placement])).code).toBe(0);
  });
});

describe('a cluster that is made and deleted while everything crashes', () => {
  const victims = ['kaas-controller', 'kaas-api', 'pocket-cloud', 'postgres'] as const;

  /** One after the other. */
  const everyone = { kills: 8, victim: (kill: number) => victims[kill % victims.length] ?? 'kaas-controller' } as const;

  it('is there once, complete, with nothing twice', async () => {
    const counts = await inventory('demo');
    const created = await kaas(['cluster', 'create', 'crash', '--pool', 'w:m1.small:1']);
    expect(created.code, created.stderr).toBe(0);
    await crashUntil(async () => (await cluster('crash')).status.phase === 'ready', everyone);
    const { id } = await cluster('crash');
    const now = await inventory('demo');
    expect(now.servers).toHaveLength((counts.servers ?? []).length + 1);
    expect(now.networks).toHaveLength((counts.networks ?? []).length + 1);
    expect(now.routers).toHaveLength((counts.routers ?? []).length + 1);
    expect((await serviceUsers()).filter((name) => name.includes(id))).toHaveLength(1);
    expect((await replicasOf(id)).length).toBe(1);
    const schema = id.replaceAll('-', '_');
    expect(await sql('postgres', `select datname from pg_database where datname = '${schema}'`)).toEqual([schema]);
  });

  it('goes without a trace', async () => {
    const { id } = await cluster('crash');
    const without = (list: readonly string[] = []): readonly string[] => list.filter((name) => name.includes(id));
    const deleted = await kaas(['cluster', 'delete', 'crash']);
    expect(deleted.code, deleted.stderr).toBe(0);
    await crashUntil(async () => (await kaas(['cluster', 'get', 'crash'])).code === 3, everyone);
    const now = await inventory('demo');
    for (const [kind, list] of Object.entries(now)) expect(without(list), kind).toEqual([]);
    expect(now.servers).toHaveLength(2);
    expect(now.networks).toHaveLength(1);
    expect((await serviceUsers()).filter((name) => name.includes(id))).toEqual([]);
    expect(await managementKubectl(['get', 'namespaces', '-o', 'name'])).not.toContain(id);
    expect(await sql('kaas', `select kind from ledger where cluster_id = '${id}'`)).toEqual([]);
    expect(
      await sql('postgres', `select datname from pg_database where datname = '${id.replaceAll('-', '_')}'`),
    ).toEqual([]);
  });
});

describe('after a reboot', () => {
  it('clusters and their data are back, at the same address', async () => {
    await kubectl('demo', ['create', 'configmap', 'kept', '--from-literal=value=still-here']);
    const { id, status } = await cluster('demo');
    // Every process of the platform ends at once, machines included, as when the power goes.
    const { stdout } = await run(['ps', '-e', '-o', 'pid=,args=', '-ww']);
    for (const name of ['kaas-api', 'kaas-controller', 'pocket-cloud', 'registry', 'postgres'] as const)
      await killDaemon(name);
    for (const line of stdout.split('\n').filter((text) => ours.some((mark) => text.includes(mark))))
      try {
        process.kill(Number.parseInt(line, 10), 'SIGKILL');
      } catch {
        // It went with another one.
      }
    const names = (await run(['ip', 'netns', 'list'])).stdout.split('\n').map((line) => line.split(' ')[0] ?? '');
    for (const name of names.filter((text) => text.startsWith(`${config.network.prefix}-`)))
      await run(['ip', 'netns', 'delete', name], { okCodes: 'any' });
    const up = await kaas(['up', ...placement]);
    expect(up.code, up.stderr.slice(-3000)).toBe(0);
    const text = await eventually("the customer's API answers", async () => {
      const found = await kaas([
        'kubectl',
        '--context',
        'demo',
        'get',
        'configmap',
        'kept',
        '-o',
        'jsonpath={.data.value}',
      ]);
      return found.code === 0 ? found.stdout : undefined;
    });
    expect(text).toBe('still-here');
    expect((await cluster('demo')).status.endpoint).toBe(status.endpoint);
    await kubectl('demo', ['rollout', 'status', 'deployment/hello', '--timeout=300s']);
    // A replica that started before kaas-api asks for the keys of its issuer again after ten seconds, and knows nobody until then.
    await eventually('every node is ready', async () => {
      await kubectl('demo', ['wait', '--for=condition=Ready', 'nodes', '--all', '--timeout=300s']);
      return true;
    });
    // The tunnel's agents find the new control plane by themselves.
    const host = await eventually('exec works', async () => {
      const found = await kaas(['kubectl', '--context', 'demo', 'exec', 'deployment/hello', '--', 'hostname']);
      return found.code === 0 ? found.stdout : undefined;
    });
    expect(host).toMatch(/^hello-/);
    expect(await replicasOf(id)).toHaveLength(2);
  });
});

disasterStories();

describe('down', () => {
  it('ends the processes; what customers stored stays, and machines run on', async () => {
    expect((await kaas(['down', ...placement])).code).toBe(0);
    const status = await kaasJson<{ processes: { state: string }[] }>(['status', ...placement]);
    expect(new Set(status.processes.map(({ state }) => state))).toEqual(new Set(['stopped']));
    const up = await kaas(['up', ...placement]);
    expect(up.code, up.stderr.slice(-2000)).toBe(0);
    expect(await kubectl('demo', ['get', 'configmap', 'kept', '-o', 'jsonpath={.data.value}'])).toBe('still-here');
  });

  it('leaves nothing behind with --purge', async () => {
    const purge = await kaas(['down', '--purge', ...placement]);
    expect(purge.code, purge.stderr).toBe(0);
    expect(leftBehind(before, await machineSnapshot(ours))).toEqual({});
    await expect(readFile(paths.stateFile, 'utf8')).rejects.toMatchObject({ code: 'ENOENT' });
    expect(environment.KUBECONFIG).toContain(home);
  });
});
