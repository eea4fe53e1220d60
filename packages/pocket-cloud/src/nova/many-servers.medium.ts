import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { pocketCloudPaths } from '../config.ts';
import { startTestCloud, type TestCloud } from '../testing/instance.ts';
import { added, machineState } from '../testing/machine-state.ts';
import { makeServerImage } from '../testing/server-image.ts';
import { serverBecomes, soon, uploadImage } from '../testing/servers.ts';
import { makeTenant, type Tenant } from '../testing/tenant.ts';

const prefix = 'pnm';
let cloud: TestCloud;
let red: Tenant;
let order: object;

beforeAll(async () => {
  const work = await mkdtemp(join(tmpdir(), 'pocket-image-'));
  cloud = await startTestCloud(prefix, 22);
  red = await makeTenant(cloud, 'red');
  const imageRef = await uploadImage(cloud, await makeServerImage(work));
  await rm(work, { recursive: true, force: true });
  const network = await red.make('network', { name: 'n' });
  await red.make('subnet', { network_id: network.id, cidr: '10.0.0.0/24', ip_version: 4 });
  order = { server: { name: 'one', imageRef, flavorRef: '1', networks: [{ uuid: network.id }] } };
});
afterAll(async () => await cloud?.purge());

async function round(count: number): Promise<void> {
  const ids = await Promise.all(
    Array.from(
      { length: count },
      async () => (await red.nova('POST', '/v2.1/servers', order)).body.server.id as string,
    ),
  );
  for (const id of ids) await serverBecomes(red, id, 'ACTIVE');
  for (const id of ids) await red.nova('DELETE', `/v2.1/servers/${id}`);
  const left = async (): Promise<number> => (await red.nova('GET', '/v2.1/servers')).body.servers.length;
  expect(await soon(async () => (await left()) === 0, 60_000)).toBe(true);
}

/** A name server that was started anew for the network is the same trace as before; a second one beside it is not. */
function withoutPids(lines: ReadonlySet<string>): ReadonlySet<string> {
  const seen = new Map<string, number>();
  return new Set(
    [...lines].map((line) => {
      const plain = line.replace(/^process: \d+ /, 'process: ');
      const count = (seen.get(plain) ?? 0) + 1;
      seen.set(plain, count);
      return count === 1 ? plain : `${plain} (${count})`;
    }),
  );
}

/** What may grow with every server that ever was: things on the machine, files, and what keeps the process busy. */
async function traces() {
  const paths = pocketCloudPaths(cloud.config);
  return {
    machine: withoutPids(await machineState(prefix, [cloud.config.dataDir])),
    files: [...(await readdir(paths.servers)), ...(await readdir(paths.networks))],
    timers: process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length,
    ports: (await red.neutron('GET', '/v2.0/ports?fields=device_owner')).body.ports.length,
  };
}

it('forty servers that came and went leave no trace', async () => {
  // What the first server of a cloud makes once and for all.
  await round(1);
  const before = await traces();
  for (let turn = 0; turn < 4; turn += 1) await round(10);
  // Watchers that look every few seconds may be between two looks.
  expect(await soon(async () => (await traces()).timers <= before.timers)).toBe(true);
  // A name server that answers the last goodbye forks for a moment.
  await soon(async () => added(before.machine, (await traces()).machine).length === 0);
  const after = await traces();
  expect(added(before.machine, after.machine)).toEqual([]);
  expect(after.files).toEqual(before.files);
  expect(after.ports).toBe(before.ports);
});
