import { defaultPoolSettings, manifestGroups, type Pool, type Taint } from '@matryoshka/domain';
import type { KubeObject } from '@matryoshka/kube';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { clusterFixture, settingsFixture } from '../../testing/fixtures.ts';
import { groupRefs } from '../gather/applied.ts';
import { at } from '../read.ts';
import { groupManifests, poolObjects, tenantManifests } from './index.ts';
import { poolManifests } from './pool.ts';

const settings = settingsFixture;
const cluster = clusterFixture();
const ha = clusterFixture({ tier: 'ha' });
const credential = { id: 'cred-id', secret: 'cred-secret' };
const input = {
  cluster,
  settings,
  credential,
  adminKubeconfig: 'kubeconfig',
  externalNetworkId: 'net-id',
  volumeTypes: ['__DEFAULT__', 'Fast SSD'],
  served: true,
  rests: false,
  alone: false,
  egressAddresses: [],
  encryption: {
    generation: 3,
    keys: [
      { name: 'k1', secret: 'a2V5IDE=', madeAt: '2026-01-01T00:00:00.000Z' },
      { name: 'k2', secret: 'a2V5IDI=', madeAt: '2026-02-01T00:00:00.000Z' },
    ],
    order: ['k2', 'k1', 'identity'],
    before: ['identity', 'k1'],
    stale: true,
  },
};
const pool: Pool = {
  name: 'workers',
  flavor: 'm1.medium',
  count: 2,
  labels: {},
  taints: [],
  kubernetesVersion: 'v1.36.3',
  ...defaultPoolSettings,
};

function find(objects: readonly KubeObject[] | undefined, kind: string): KubeObject {
  const found = objects?.find((object) => object.kind === kind);
  if (found === undefined) throw new Error(`no ${kind}`);
  return found;
}

test('every object of every group (golden)', () => {
  const all = manifestGroups.flatMap((group) => groupManifests(group, { ...input, cluster: ha }) ?? []);
  expect([...all, ...poolObjects(input, 'workers', [])]).toMatchSnapshot();
  expect(tenantManifests({ ...input, endpoint: 'https://192.0.2.9:6443' })).toMatchSnapshot();
});

test('every object lies in the cluster’s namespace, is labelled and known by reference', () => {
  for (const group of manifestGroups) {
    const refs = groupRefs(group, ha).map(({ kind, name }) => `${kind}/${name}`);
    for (const object of groupManifests(group, { ...input, cluster: ha }) ?? []) {
      expect(object.metadata.labels).toMatchObject({ 'matryoshka.dev/cluster': cluster.id });
      expect(object.kind === 'Namespace' ? object.metadata.name : object.metadata.namespace).toBe(cluster.id);
      expect(refs).toContain(`${object.kind}/${object.metadata.name}`);
    }
  }
});

test('groups that need the credential cannot be made without it', () => {
  const without = { ...input, credential: undefined };
  expect(groupManifests('credentials', without)).toBeUndefined();
  expect(groupManifests('cloud-controller', without)).toBeUndefined();
  expect(groupManifests('volume-controller', without)).toBeUndefined();
  expect(groupManifests('cluster', without)).toHaveLength(6);
  expect(groupManifests('cluster', { ...without, encryption: undefined })).toHaveLength(5);
});

test('a cloud without block storage gets nothing of it, one that does not answer is waited for', () => {
  const tenant = (volumeTypes: readonly string[] | null) =>
    tenantManifests({ ...input, volumeTypes, endpoint: 'https://192.0.2.9:6443' }).map(
      ({ kind, metadata }) => `${kind}/${metadata.name}`,
    );
  expect(groupManifests('volume-controller', { ...input, volumeTypes: null })).toEqual([]);
  expect(groupManifests('volume-controller', { ...input, volumeTypes: undefined })).toBeUndefined();
  expect(tenant(null).join()).not.toMatch(/cinder|CSIDriver|StorageClass/);
  expect(tenant(['Fast SSD', '__DEFAULT__'])).toEqual(
    expect.arrayContaining(['StorageClass/cinder', 'StorageClass/cinder-fast-ssd', 'DaemonSet/csi-cinder-node']),
  );
});

test('clouds.yaml logs in with the application credential', () => {
  const secret = find(groupManifests('credentials', input), 'Secret');
  const clouds: unknown = parse(Buffer.from(String(at(secret, 'data', 'clouds.yaml')), 'base64').toString());
  expect(clouds).toMatchObject({
    clouds: {
      openstack: { auth: { application_credential_id: 'cred-id', application_credential_secret: 'cred-secret' } },
    },
  });
});

test('pods of a superseded revision stay beside their successors only once somebody relies on them', () => {
  const strategy = (served: boolean) =>
    at(find(groupManifests('cluster', { ...input, served }), 'KamajiControlPlane'), 'spec', 'deployment', 'strategy');
  expect(strategy(false)).toMatchObject({ rollingUpdate: { maxSurge: 0, maxUnavailable: '100%' } });
  expect(strategy(true)).toMatchObject({ rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } });
});

test.each([
  ['standard', true, 1],
  ['ha', false, 1],
  // One was made for itself, two are wanted: the new ones come one by one, and the one that serves stays until the first of them does.
  ['ha', true, 0],
] as const)(
  'a %s control plane (with a replica made as the only one: %s) is replaced with a surge of %s',
  (tier, alone, surge) => {
    const made = groupManifests('cluster', { ...input, cluster: { ...cluster, tier }, alone });
    expect(at(find(made, 'KamajiControlPlane'), 'spec', 'deployment', 'strategy', 'rollingUpdate')).toEqual({
      maxSurge: surge,
      maxUnavailable: 1 - surge,
    });
  },
);

test('only HA has two replicas, spread over nodes, and a disruption budget', () => {
  const standard = find(groupManifests('cluster', input), 'KamajiControlPlane');
  expect(standard).toMatchObject({ spec: { replicas: 1, dataStoreSchema: 'c_abcdefghij' } });
  expect(at(standard, 'spec', 'deployment', 'topologySpreadConstraints')).toBeUndefined();
  const objects = groupManifests('cluster', { ...input, cluster: ha });
  expect(find(objects, 'KamajiControlPlane')).toMatchObject({
    spec: { replicas: 2, deployment: { topologySpreadConstraints: [{ topologyKey: 'kubernetes.io/hostname' }] } },
  });
  expect(find(objects, 'PodDisruptionBudget')).toMatchObject({ spec: { minAvailable: 1 } });
});

test('the endpoint is left to Kamaji: no address or port of the API is ours', () => {
  const { spec } = find(groupManifests('cluster', input), 'OpenStackCluster');
  expect(spec).not.toHaveProperty('apiServerFixedIP');
  expect(spec).not.toHaveProperty('apiServerPort');
  expect(spec).not.toHaveProperty('controlPlaneEndpoint');
  expect(spec).toMatchObject({ disableAPIServerFloatingIP: true });
});

test('a change of flavor or version makes new templates; one of count, labels or taints does not', () => {
  const names = (more: Partial<typeof pool>, of = cluster): readonly string[] => {
    const made = poolManifests({ cluster: of, settings }, { ...pool, ...more });
    return [made.machineTemplate.metadata.name, made.bootstrapTemplate.metadata.name];
  };
  const [machine, bootstrap] = names({});
  expect(names({ count: 9 })).toEqual([machine, bootstrap]);
  expect(names({ flavor: 'm1.large' })[0]).not.toBe(machine);
  expect(names({ kubernetesVersion: 'v1.35.4' })[0]).not.toBe(machine);
  // Another version of the control plane is none of a pool, and how workers are replaced is no reason to replace them.
  expect(names({}, { ...cluster, kubernetesVersion: 'v1.37.0' })).toEqual([machine, bootstrap]);
  expect(names({ rollout: { maxSurge: 3, maxUnavailable: 1, drainTimeoutSeconds: 0, paused: true } })).toEqual([
    machine,
    bootstrap,
  ]);
  const taints: readonly Taint[] = [{ key: 'a', value: '', effect: 'NoSchedule' }];
  expect(names({ labels: { a: 'b' }, taints })).toEqual([machine, bootstrap]);
  const { bootstrapTemplate } = poolManifests(input, { ...pool, labels: { a: 'b' }, taints });
  expect(JSON.stringify(bootstrapTemplate.spec)).toContain('a=b,matryoshka.dev/pool');
});

test('workers have the version of their pool, and go as it says', () => {
  const rollout = { maxSurge: 3, maxUnavailable: 1, drainTimeoutSeconds: 30, paused: true };
  const { deployment } = poolManifests(input, { ...pool, kubernetesVersion: 'v1.35.4', rollout });
  expect(deployment.spec).toMatchObject({
    paused: true,
    rollout: { strategy: { rollingUpdate: { maxSurge: 3, maxUnavailable: 1 } } },
    template: { spec: { version: 'v1.35.4', deletion: { nodeDrainTimeoutSeconds: 30 } } },
  });
});

test('a pool that is not paused says nothing of it, so that one that goes on is let go on', () => {
  expect(poolManifests(input, pool).deployment.spec).not.toHaveProperty('paused');
});

test('the deployment names the templates it is applied with', () => {
  const { machineTemplate, bootstrapTemplate, deployment } = poolManifests(input, pool);
  expect(at(deployment, 'spec', 'template', 'spec', 'infrastructureRef', 'name')).toBe(machineTemplate.metadata.name);
  expect(at(deployment, 'spec', 'template', 'spec', 'bootstrap', 'configRef', 'name')).toBe(
    bootstrapTemplate.metadata.name,
  );
});

test('a control plane that is closed to others is open to its workers and to the service', () => {
  const ranges = (
    allowedRanges: readonly string[] | null,
    egressAddresses: readonly string[] | undefined = ['203.0.113.5'],
  ) => {
    const closed = clusterFixture({ access: { allowedRanges, oidcIssuers: [] } });
    const objects = groupManifests('cluster', { ...input, cluster: closed, egressAddresses });
    return objects && at(find(objects, 'KamajiControlPlane'), 'spec', 'network', 'loadBalancerConfig');
  };
  expect(ranges(null)).toBeUndefined();
  expect(ranges([])).toEqual({ loadBalancerSourceRanges: ['0.0.0.0/0'] });
  expect(ranges(['198.51.100.0/24', '192.0.2.0/24'])).toEqual({
    loadBalancerSourceRanges: ['198.51.100.0/24', '192.0.2.0/24', '203.0.113.5/32'],
  });
  expect(ranges(['198.51.100.0/24'], [])).toEqual({ loadBalancerSourceRanges: ['198.51.100.0/24', '192.0.2.0/24'] });
  // Nothing is applied on the strength of "could not look".
  expect(groupManifests('cluster', { ...input, egressAddresses: undefined })).toBeUndefined();
});

test('a customer’s issuer is asked through ours, and never gives a name of ours', () => {
  const theirs = {
    ...{ name: 'corp', url: 'https://id.example.com', audiences: ['k8s', 'kubectl'], usernameClaim: 'email' },
    ...{ usernamePrefix: 'corp:', groupsClaim: null, groupsPrefix: 'corp:', certificateAuthority: 'PEM of theirs' },
  };
  const known = clusterFixture({ access: { allowedRanges: null, oidcIssuers: [theirs] } });
  const map = find(groupManifests('cluster', { ...input, cluster: known }), 'ConfigMap');
  const { jwt } = parse(String(at(map, 'data', 'authentication.yaml'))) as { readonly jwt: readonly unknown[] };
  expect(jwt).toHaveLength(2);
  expect(jwt[1]).toMatchObject({
    issuer: {
      url: theirs.url,
      discoveryURL: `https://192.0.2.1:7444/customers/${cluster.id}/corp/.well-known/openid-configuration`,
      certificateAuthority: 'PEM of the authority',
      audiences: ['k8s', 'kubectl'],
    },
    claimMappings: { username: { claim: 'email', prefix: 'corp:' } },
  });
  expect(jwt[1]).not.toHaveProperty('claimMappings.groups');
});
