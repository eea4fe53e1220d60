import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseKubeconfig } from '@matryoshka/kube';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { adminKubeconfig, ensureManagementPki, type ManagementPki, publicKeyHash } from './pki.ts';
import { isManagementServer, newServerName } from './settings.ts';
import { type ManagementServerInput, managementUserData } from './user-data.ts';

let dir: string;
let pki: ManagementPki;
let input: ManagementServerInput;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'installer-pki-'));
  pki = await ensureManagementPki(dir);
  input = {
    pki,
    kubeadm: {
      kubernetesVersion: 'v1.36.3',
      coreDnsTag: 'v1.14.7',
      bootstrapToken: 'abcdef.0123456789abcdef',
      caHash: publicKeyHash(pki.ca.certificate),
      certSans: ['172.29.1.23'],
    },
    kine: {
      image: 'docker.io/rancher/kine:v0.17.5-matryoshka.1',
      postgresHost: '172.29.0.1',
      postgresPort: 15432,
      role: 'management',
      database: 'management',
      password: 'hidden-password',
      caCertificate: pki.ca.certificate,
    },
  };
});
afterAll(async () => {
  await rm(dir, { recursive: true, force: true });
});

interface CloudConfig {
  readonly hostname: string;
  readonly write_files: readonly { readonly path: string; readonly content: string; readonly permissions: string }[];
  readonly runcmd: readonly (readonly string[])[];
}

const cloudConfig = (index: number): CloudConfig =>
  parse(managementUserData(input, index, `mgmt-${index}-a1b2c`)) as CloudConfig;
const file = (config: CloudConfig, path: string): string =>
  config.write_files.find((entry) => entry.path === path)?.content ?? '';
const documents = (config: CloudConfig): Record<string, Record<string, unknown>> =>
  Object.fromEntries(
    parseAllDocuments(file(config, '/run/matryoshka/kubeadm.yaml')).map((document) => {
      const object = document.toJS() as Record<string, unknown>;
      return [String(object.kind), object];
    }),
  );

describe('managementUserData', () => {
  it('starts the control plane on the first server, on kine, with our authorities', () => {
    const config = cloudConfig(0);
    const kinds = documents(config);
    expect(managementUserData(input, 0, 'mgmt-0-a1b2c')).toMatch(/^#cloud-config\n/);
    expect(kinds.ClusterConfiguration).toMatchObject({
      kubernetesVersion: 'v1.36.3',
      controlPlaneEndpoint: '10.250.0.10:6443',
      etcd: { external: { endpoints: ['http://127.0.0.1:2379'] } },
      apiServer: { certSANs: expect.arrayContaining(['172.29.1.23', '10.250.0.10']) },
    });
    expect(kinds.KubeletConfiguration).toMatchObject({ failCgroupV1: false });
    expect(kinds.InitConfiguration).toMatchObject({ nodeRegistration: { name: 'mgmt-0-a1b2c', taints: [] } });
    expect(file(config, '/etc/kubernetes/pki/ca.key')).toBe(pki.ca.key);
    expect(config.runcmd.at(-1)?.slice(0, 2)).toEqual(['kubeadm', 'init']);
  });

  it("keeps the database password out of the pod and every secret file root's", () => {
    const config = cloudConfig(0);
    const manifest = file(config, '/etc/kubernetes/manifests/kine.yaml');
    expect(manifest).not.toContain('hidden-password');
    expect(file(config, '/etc/kubernetes/kine/pgpass')).toBe(
      '172.29.0.1:15432:management:management:hidden-password\n',
    );
    for (const entry of config.write_files) expect(entry.permissions).toBe('0600');
  });

  it("lets the others join with nothing but the token and the authority's hash", () => {
    const config = cloudConfig(3);
    expect(documents(config).JoinConfiguration).toMatchObject({
      nodeRegistration: {
        name: 'mgmt-3-a1b2c',
        kubeletExtraArgs: expect.arrayContaining([{ name: 'node-ip', value: '10.250.0.13' }]),
      },
      discovery: {
        bootstrapToken: {
          apiServerEndpoint: '10.250.0.10:6443',
          token: 'abcdef.0123456789abcdef',
          caCertHashes: [input.kubeadm.caHash],
        },
      },
    });
    const text = managementUserData(input, 3, 'mgmt-3-a1b2c');
    expect(text).not.toContain('PRIVATE KEY');
    expect(text).not.toContain('hidden-password');
  });
});

describe('adminKubeconfig', () => {
  it("is one that the Kubernetes client reads, signed by the cluster's authority", async () => {
    const connection = parseKubeconfig(await adminKubeconfig(dir, pki, 'https://172.29.1.23:6443'));
    expect(connection).toMatchObject({ server: 'https://172.29.1.23:6443', ca: pki.ca.certificate });
    expect(await adminKubeconfig(dir, pki, 'https://172.29.1.23:6443')).toContain(
      Buffer.from(connection.cert ?? '').toString('base64'),
    );
  });
});

describe('servers of the management cluster', () => {
  it('never have the name of one before, and are known by their index', () => {
    const names = new Set(Array.from({ length: 50 }, () => newServerName(1)));
    expect(names.size).toBeGreaterThan(45);
    for (const name of names) {
      expect(isManagementServer(name, 1)).toBe(true);
      expect(isManagementServer(name, 0)).toBe(false);
    }
    expect(isManagementServer('mgmt-1', 1), 'of an installation of before').toBe(true);
    for (const other of ['mgmt-10', 'mgmt-1-a1b2c-x', 'c-mgmt-1', 'mgmt-1-', 'workers-1'])
      expect(isManagementServer(other, 1)).toBe(false);
  });
});
