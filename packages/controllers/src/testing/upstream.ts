import { readdir, readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { buildKubeconfig, type Connection, type KubeClient, type KubeObject } from '@matryoshka/kube';
import { waitFor } from '@matryoshka/system';
import { parseAllDocuments } from 'yaml';
import { at, numberAt, textAt } from '../cluster/read.ts';
import { playControlPlane, playDeployments } from './deployments.ts';

const modules = process.env.GOMODCACHE ?? join(homedir(), 'go/pkg/mod');
const crdFiles: readonly (readonly [folder: string, pattern: RegExp])[] = [
  ['sigs.k8s.io/cluster-api@v1.12.10/config/crd/bases', /_(clusters|machines|machinedeployments)\.yaml$/],
  ['sigs.k8s.io/cluster-api@v1.12.10/bootstrap/kubeadm/config/crd/bases', /_kubeadmconfig(template)?s\.yaml$/],
  [
    'sigs.k8s.io/cluster-api-provider-openstack@v0.14.7/config/crd/bases',
    /_openstack(clusters|machines|machinetemplates|servers)\.yaml$/,
  ],
  [
    'github.com/clastix/cluster-api-control-plane-provider-kamaji@v0.15.2/config/crd/bases',
    /_kamajicontrolplanes\.yaml$/,
  ],
  ['github.com/clastix/kamaji@v1.0.1-0.20250428170502-994ca7687d0f/charts/kamaji/crds', /tenantcontrolplane|datastore/],
];

/** Installs the definitions of Cluster API, CAPO and Kamaji from the pinned Go modules, without their webhooks. */
export async function installDefinitions(client: KubeClient): Promise<void> {
  const kinds: { readonly apiVersion: string; readonly kind: string }[] = [];
  for (const [folder, pattern] of crdFiles) {
    const files = (await readdir(join(modules, folder))).filter((name) => pattern.test(name));
    if (files.length === 0) throw new Error(`${join(modules, folder)} holds no definition like ${pattern.source}`);
    for (const file of files)
      for (const document of parseAllDocuments(await readFile(join(modules, folder, file), 'utf8'))) {
        const definition = document.toJS() as KubeObject | null;
        if (definition?.kind !== 'CustomResourceDefinition') continue;
        const { metadata, spec, apiVersion, kind } = definition;
        kinds.push(...servedKinds(definition));
        const { name, labels } = metadata;
        await client.apply(
          {
            apiVersion,
            kind,
            metadata: { name, ...(labels === undefined ? {} : { labels }) },
            spec: { ...(spec as object), conversion: { strategy: 'None' } },
          },
          { fieldManager: 'test', force: true },
        );
      }
  }
  // The API server takes a moment to serve what it was told of.
  for (const { apiVersion, kind } of kinds) {
    const isServed = async (): Promise<boolean> =>
      await client.list({ apiVersion, kind }).then(
        () => true,
        () => false,
      );
    if (!(await waitFor(isServed, { timeoutMs: 30_000, intervalMs: 50 })))
      throw new Error(`${kind} of ${apiVersion} is not served`);
  }
}

function servedKinds(definition: KubeObject): readonly { readonly apiVersion: string; readonly kind: string }[] {
  const spec = definition.spec as {
    readonly group: string;
    readonly names: { readonly kind: string };
    readonly versions: readonly { readonly name: string; readonly served: boolean }[];
  };
  return spec.versions
    .filter(({ served }) => served)
    .map(({ name }) => ({ apiVersion: `${spec.group}/${name}`, kind: spec.names.kind }));
}

/** Plays Cluster API, CAPO and Kamaji for one cluster: gives every object the state that they would give it. The tenant is the test server itself. */
export async function playUpstream(client: KubeClient, id: string, tenant: Connection): Promise<void> {
  const inNamespace = (apiVersion: string, kind: string, name = id) => ({ apiVersion, kind, name, namespace: id });
  const kcp = await client.find(inNamespace('controlplane.cluster.x-k8s.io/v1alpha1', 'KamajiControlPlane'));
  const cluster = await client.find(inNamespace('cluster.x-k8s.io/v1beta2', 'Cluster'));
  const tcpRef = inNamespace('kamaji.clastix.io/v1alpha1', 'TenantControlPlane');
  if (kcp === undefined) {
    await client.delete(tcpRef);
    await client.delete(inNamespace('apps/v1', 'Deployment'));
  } else if (cluster !== undefined) await playKamaji(client, kcp, tcpRef, tenant);
  await playDeployments(client, id);
  const infra = inNamespace('infrastructure.cluster.x-k8s.io/v1beta1', 'OpenStackCluster');
  if ((await client.find(infra)) !== undefined)
    await client.patch(infra, { status: { ready: true } }, { type: 'merge', subresource: 'status' });
  await playMachines(client, id);
  await finalizeNamespace(client, id);
}

async function playKamaji(
  client: KubeClient,
  kcp: KubeObject,
  tcpRef: { apiVersion: string; kind: string; name: string; namespace: string },
  tenant: Connection,
): Promise<void> {
  const { name, namespace } = tcpRef;
  await playControlPlane(client, kcp);
  const replicas = numberAt(kcp, 'spec', 'replicas');
  const version = textAt(kcp, 'spec', 'version') ?? '';
  await client.apply(
    {
      apiVersion: tcpRef.apiVersion,
      kind: tcpRef.kind,
      metadata: { name, namespace, labels: kcp.metadata.labels ?? {} },
      spec: {
        controlPlane: { deployment: { replicas }, service: { serviceType: 'LoadBalancer' } },
        kubernetes: { version, kubelet: { cgroupfs: 'systemd' } },
        networkProfile: { port: 6443 },
        addons: {},
      },
    },
    { fieldManager: 'kamaji', force: true },
  );
  const endpoint = new URL(tenant.server).host;
  const status = {
    controlPlaneEndpoint: endpoint,
    kubernetesResources: {
      version: { version, status: 'Ready' },
      deployment: { name, namespace, selector: 'x', lastUpdate: null, readyReplicas: replicas, replicas },
    },
  };
  await client.patch(tcpRef, { status }, { type: 'merge', subresource: 'status' });
  await client.patch(
    { apiVersion: kcp.apiVersion, kind: kcp.kind, name, namespace },
    {
      status: {
        initialized: true,
        ready: true,
        readyReplicas: replicas,
        replicas,
        selector: '',
        unavailableReplicas: 0,
        updatedReplicas: replicas,
        version,
        externalManagedControlPlane: true,
      },
    },
    { type: 'merge', subresource: 'status' },
  );
  const kubeconfig = JSON.stringify(buildKubeconfig({ name: 'tenant', connection: tenant }));
  const data = Buffer.from(kubeconfig).toString('base64');
  await client.apply(
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: `${name}-admin-kubeconfig`, namespace },
      data: { 'super-admin.conf': data, 'super-admin.svc': data },
    },
    { fieldManager: 'kamaji', force: true },
  );
}

async function playMachines(client: KubeClient, id: string): Promise<void> {
  const api = 'cluster.x-k8s.io/v1beta2';
  const deployments = (await client.list({ apiVersion: api, kind: 'MachineDeployment', namespace: id })).items;
  const wanted = new Map<string, KubeObject>();
  for (const deployment of deployments) {
    const replicas = numberAt(deployment, 'spec', 'replicas');
    for (let n = 0; n < replicas; n += 1) wanted.set(`${deployment.metadata.name}-${n}`, deployment);
    const ref = { apiVersion: api, kind: 'MachineDeployment', name: deployment.metadata.name, namespace: id };
    await client.patch(
      ref,
      { status: { replicas, upToDateReplicas: replicas } },
      { type: 'merge', subresource: 'status' },
    );
  }
  const machines = (await client.list({ apiVersion: api, kind: 'Machine', namespace: id })).items;
  for (const { metadata } of machines)
    if (!wanted.has(metadata.name))
      await client.delete({ apiVersion: api, kind: 'Machine', name: metadata.name, namespace: id });
  for (const [name, deployment] of wanted) {
    const template = at(deployment, 'spec', 'template', 'spec') as object;
    const labels = at(deployment, 'spec', 'template', 'metadata', 'labels') as Record<string, string>;
    const infrastructureRef = { apiGroup: 'infrastructure.cluster.x-k8s.io', kind: 'OpenStackMachine', name };
    await client.apply(
      {
        apiVersion: api,
        kind: 'Machine',
        metadata: { name, namespace: id, labels },
        spec: { ...template, infrastructureRef },
      },
      { fieldManager: 'capi', force: true },
    );
    const ready = {
      type: 'NodeReady',
      status: 'True',
      reason: 'Ready',
      message: '',
      lastTransitionTime: '2026-01-01T00:00:00Z',
    };
    await client.patch(
      { apiVersion: api, kind: 'Machine', name, namespace: id },
      { status: { phase: 'Running', conditions: [ready] } },
      { type: 'merge', subresource: 'status' },
    );
  }
}

/** What the namespace controller does: deletes what is in a namespace that is going, then lets it go. */
async function finalizeNamespace(client: KubeClient, id: string): Promise<void> {
  const namespace = await client.find({ apiVersion: 'v1', kind: 'Namespace', name: id });
  if (namespace?.metadata.deletionTimestamp === undefined) return;
  const kinds = [
    ['v1', 'Secret'],
    ['apps/v1', 'Deployment'],
    ['infrastructure.cluster.x-k8s.io/v1beta1', 'OpenStackMachineTemplate'],
    ['bootstrap.cluster.x-k8s.io/v1beta2', 'KubeadmConfigTemplate'],
  ] as const;
  for (const [apiVersion, kind] of kinds)
    for (const { metadata } of (await client.list({ apiVersion, kind, namespace: id })).items)
      await client.delete({ apiVersion, kind, name: metadata.name, namespace: id });
  await client.update({ ...namespace, spec: { finalizers: [] } }, { subresource: 'finalize' });
}

/** The add-ons that Kamaji puts into a tenant; without nodes they have nothing to run on. */
export async function playTenantAddons(client: KubeClient): Promise<void> {
  const labels = { app: 'test' };
  const template = { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'i' }] } };
  const spec = { selector: { matchLabels: labels }, template };
  for (const [kind, name] of [
    ['DaemonSet', 'konnectivity-agent'],
    ['Deployment', 'coredns'],
  ] as const)
    await client.apply(
      { apiVersion: 'apps/v1', kind, metadata: { name, namespace: 'kube-system' }, spec },
      { fieldManager: 'kamaji' },
    );
}
