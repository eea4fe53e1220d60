import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { platformConfig } from '../config.ts';
import { configFor, readState, writeState } from './state.ts';

let dataDir: string;
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'installer-state-'));
});
afterEach(async () => {
  await rm(dataDir, { recursive: true, force: true });
});

describe('the state file', () => {
  it('lets a later run go on with what was asked for before, and change what can be changed', async () => {
    expect(await readState({ dataDir })).toBeUndefined();
    const network = { cidr: '172.30.0.0/20', prefix: 'mte' };
    await writeState(await configFor({ dataDir, managementNodes: 2, network, ports: { api: 17443 } }));
    expect(await configFor({ dataDir })).toMatchObject({
      managementNodes: 2,
      network: { ...network, address: '172.30.0.1' },
      ports: { api: 17443, keystone: 5000 },
    });
    expect((await configFor({ dataDir, managementNodes: 3 })).managementNodes).toBe(3);
  });

  it.each([
    ['another network', { network: { cidr: '172.31.0.0/20' } }, /provider network/],
    ['another prefix', { network: { prefix: 'x' } }, /prefix/],
    ['fewer nodes', { managementNodes: 1 }, /can only become more/],
  ])('refuses %s', async (_, change, message) => {
    await writeState(platformConfig({ dataDir }));
    await expect(configFor({ dataDir, ...change })).rejects.toMatchObject({
      code: 'cannot_change',
      message: expect.stringMatching(message),
    });
  });

  it('refuses one of a newer program', async () => {
    await writeFile(join(dataDir, 'state.json'), '{"format": 99, "config": {}}');
    await expect(readState({ dataDir })).rejects.toMatchObject({ code: 'state_from_future' });
  });
});
