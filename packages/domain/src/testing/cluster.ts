import { defaultClusterSettings } from '../cluster/defaults.ts';
import { type LedgerKind, ledgerName } from '../cluster/ledger.ts';
import { type Cluster, defaultPoolSettings, newClusterStatus } from '../cluster/model.ts';
import type { ObservedCluster } from '../cluster/observed.ts';
import { plain } from '../key/model.ts';
import { absent, present } from '../shared/looked.ts';

export const id = 'c-aaaaaaaaaa';
export const now = new Date('2026-11-24T00:00:00Z');
export const desired = (change: Partial<Cluster> = {}): Cluster => ({
  id,
  projectId: 'p',
  name: 'demo',
  labels: {},
  kubernetesVersion: 'v1.36.3',
  tier: 'ha',
  ...defaultClusterSettings,
  pools: [
    {
      name: 'workers',
      flavor: 'm1.medium',
      count: 2,
      labels: {},
      taints: [],
      kubernetesVersion: 'v1.36.3',
      ...defaultPoolSettings,
    },
  ],
  generation: 1,
  observedGeneration: 0,
  hibernationDecidedAt: new Date(0),
  restore: null,
  recoverableFrom: null,
  awaitsBackup: false,
  awaitedSince: new Date(0),
  renewBefore: null,
  rotation: null,
  credentialBefore: null,
  encryptionBefore: null,
  authority: null,
  deleteRequestedAt: null,
  deleteScheduledAt: null,
  accessEpoch: 1,
  forced: false,
  recycling: [],
  place: { managementCluster: 'default', dataStore: 'default' },
  volumesOnDelete: 'keep',
  createdAt: now,
  updatedAt: now,
  status: newClusterStatus,
  ...change,
});

export const nothing: ObservedCluster = {
  ledger: [],
  credential: absent,
  encryption: null,
  applied: {
    namespace: 'absent',
    credentials: 'absent',
    cluster: 'absent',
    'cloud-controller': 'absent',
    'volume-controller': 'absent',
  },
  infrastructure: absent,
  controlPlane: absent,
  pools: [],
  poolsKnown: true,
  machines: [],
  repairs: [],
  tenant: absent,
  kubeconfig: 'absent',
  leftoverLoadBalancers: absent,
  leftoverVolumes: absent,
};
export const quiet = {
  pods: [],
  crowded: null,
  unaddressed: null,
  certificates: [],
  rolledOut: true,
  keysGeneration: null,
};
export const ledger = (
  ['application-credential', 'namespace', 'cluster', 'load-balancers', 'volumes', 'pool'] as LedgerKind[]
).map((kind) => ({ kind, name: ledgerName(kind, id, 'workers'), externalId: null, createdAt: now }));
export const machine = (name: string, ready = true) => ({
  name,
  pool: 'workers',
  flavor: 'm1.small',
  phase: 'Running',
  joined: true,
  ready,
  readySince: now,
  deleting: false,
  goesFirst: false,
  createdAt: now,
  server: 'ACTIVE',
  serverId: `server-${name}`,
  address: '10.6.0.9',
  kubernetesVersion: 'v1.36.3',
  consoleError: null,
  joinedWith: null,
  drain: null,
});
export const tenant = {
  staleNodes: [],
  unsettledNodes: [],
  staleVolumeAttachments: [],
  addons: 'current',
  addonsReady: true,
  loadBalancerServices: 0,
  nodes: [],
  requests: [],
} as const;
export const credential = { id: 'x', secretStored: true, madeAt: now, superseded: 0, handedOver: true };
export const encryption = {
  generation: 1,
  order: ['k1', plain],
  newest: { name: 'k1', madeAt: now },
  retired: [],
  stale: false,
  rolledOut: true,
};
export const complete: ObservedCluster = {
  ledger,
  credential: present(credential),
  encryption,
  applied: {
    namespace: 'current',
    credentials: 'current',
    cluster: 'current',
    'cloud-controller': 'current',
    'volume-controller': 'current',
  },
  infrastructure: present({ ready: true }),
  controlPlane: present({
    endpoint: 'https://172.29.0.9:6443',
    initialized: true,
    replicas: 2,
    readyReplicas: 2,
    version: 'v1.36.3',
    ...quiet,
  }),
  pools: [{ name: 'workers', applied: 'current', kubernetesVersion: 'v1.36.3', outdatedMachines: 0 }],
  poolsKnown: true,
  machines: [machine('m1'), machine('m2')],
  repairs: [],
  tenant: present(tenant),
  kubeconfig: 'current',
  leftoverLoadBalancers: absent,
  leftoverVolumes: absent,
};
