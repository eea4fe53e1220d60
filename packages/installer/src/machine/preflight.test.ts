import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { platformConfig } from '../config.ts';
import { debianPackages } from './debian-packages.ts';
import { findProblems, overlaps, preflightError } from './preflight.ts';
import { isTaken, type MachineReadings, parseMemTotal, parseOsRelease, parseRoutes } from './readings.ts';

const config = platformConfig({ dataDir: '/var/lib/matryoshka' });
const fit: MachineReadings = {
  os: { id: 'debian', like: [], name: 'Debian GNU/Linux 12 (bookworm)' },
  uid: 0,
  memoryBytes: 16 * 1024 ** 3,
  disks: [
    { use: 'data', path: '/var/lib/matryoshka', filled: false, freeBytes: 50 * 1024 ** 3, writable: true },
    { use: 'cache', path: '/root/.cache/matryoshka', filled: false, freeBytes: 50 * 1024 ** 3, writable: true },
  ],
  features: {
    overlayfs: true,
    squashfs: true,
    bridge: true,
    veth: true,
    vxlan: true,
    'network namespaces': true,
    'packet filter': true,
    br_netfilter: true,
    'loop devices': true,
  },
  ports: [{ port: 5000, service: 'keystone', taken: false }],
  networks: [
    { cidr: '192.0.2.0/24', device: 'eth0' },
    { cidr: '172.29.0.0/20', device: 'mat0' },
  ],
};

describe('findProblems', () => {
  it('has nothing to say about a fit machine, also while the platform runs on it', () => {
    expect(findProblems(fit, config)).toEqual([]);
  });

  it.each([
    ['os', { os: { id: 'fedora', like: ['rhel'], name: 'Fedora 43' } }, 'This system is Fedora 43'],
    ['root', { uid: 1000 }, 'Not run as root'],
    ['memory', { memoryBytes: 4 * 1024 ** 3 }, 'The machine has 4.0 GiB of memory; 7.0 GiB are needed'],
    [
      'disk',
      { disks: [{ use: 'data' as const, path: '/d', filled: false, freeBytes: 1024 ** 3, writable: true }] },
      'The disk of /d has 1.0 GiB free; 15.0 GiB are needed',
    ],
    [
      'disk',
      { disks: [{ use: 'data' as const, path: '/d', filled: true, freeBytes: 1024 ** 3 / 2, writable: true }] },
      'The disk of /d has 0.5 GiB free; 1.0 GiB are needed',
    ],
    [
      'not_writable',
      { disks: [{ use: 'data' as const, path: '/d', filled: false, freeBytes: 50 * 1024 ** 3, writable: false }] },
      '/d cannot be written',
    ],
    ['kernel', { features: { ...fit.features, vxlan: false } }, 'The kernel offers no vxlan'],
    ['port', { ports: [{ port: 5000, service: 'keystone', taken: true }] }, 'Port 5000 (keystone) is taken'],
    [
      'address_range',
      { networks: [{ cidr: '172.29.4.0/24', device: 'docker0' }] },
      'The address range 172.29.0.0/20 is in use: 172.29.4.0/24 on interface docker0',
    ],
  ])('says %s', (code, change, message) => {
    const problems = findProblems({ ...fit, ...change }, config);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatchObject({ code, message: expect.stringContaining(message) });
    expect(problems[0]?.remedy).toMatch(/\.$/);
  });

  it('asks a platform that is there for room to work only', () => {
    const disks = fit.disks.map((disk) => ({ ...disk, freeBytes: 3 * 1024 ** 3 }));
    expect(findProblems({ ...fit, disks }, config).map(({ code }) => code)).toEqual(['disk', 'disk']);
    expect(findProblems({ ...fit, disks: disks.map((disk) => ({ ...disk, filled: true })) }, config)).toEqual([]);
  });

  it('reports all problems at once', () => {
    const error = preflightError(findProblems({ ...fit, uid: 1000, memoryBytes: 1024 ** 3 }, config));
    expect(error.message).toMatch(
      /^This machine cannot run Matryoshka yet \(2 problems\):\n- Not run as root.*\n {2}Run .*\n- The machine has 1.0 GiB/,
    );
    expect(error.actor).toBe('user');
  });
});

describe('readings', () => {
  it('understand os-release and meminfo', () => {
    expect(parseOsRelease('PRETTY_NAME="Ubuntu 24.04 LTS"\nID=ubuntu\nID_LIKE=debian\n')).toEqual({
      id: 'ubuntu',
      like: ['debian'],
      name: 'Ubuntu 24.04 LTS',
    });
    expect(parseMemTotal('MemTotal:       24684480 kB\nMemFree: 1 kB\n')).toBe(24684480 * 1024);
  });

  it('understand routes', () => {
    const header = 'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n';
    const lines =
      'eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\nmat0\t00001DAC\t00000000\t0001\t0\t0\t0\t00F0FFFF\t0\t0\t0\n';
    expect(parseRoutes(header + lines)).toEqual([{ cidr: '172.29.0.0/20', device: 'mat0' }]);
  });

  it('tell a taken port from a free one, also on an address that does not exist yet', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '0.0.0.0', resolve));
    const address = server.address();
    if (typeof address !== 'object' || address === null) throw new Error('no port');
    expect(await isTaken('127.0.0.1', address.port)).toBe(true);
    expect(await isTaken('203.0.113.1', address.port)).toBe(true);
    await new Promise((resolve) => server.close(resolve));
    expect(await isTaken('127.0.0.1', address.port)).toBe(false);
  });

  it.each([
    ['172.29.0.0/20', '172.29.15.255/32', true],
    ['172.29.0.0/20', '172.29.16.0/24', false],
    ['10.0.0.0/8', '10.250.0.0/24', true],
    ['0.0.0.0/0', '10.250.0.0/24', true],
  ])('%s and %s', (a, b, result) => {
    expect(overlaps(a, b)).toBe(result);
    expect(overlaps(b, a)).toBe(result);
  });
});

describe('debianPackages', () => {
  it('names every package once, with its reason', () => {
    expect(new Set(debianPackages.map((entry) => entry.name)).size).toBe(debianPackages.length);
    for (const entry of debianPackages) expect(entry.why).not.toBe('');
  });
});
