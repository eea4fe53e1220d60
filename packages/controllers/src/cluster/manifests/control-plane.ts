import { controlPlanePodLabel, drain } from '@matryoshka/addons';
import { type Cluster, connectionsPerReplica, controlPlaneReplicas, replicasForNow } from '@matryoshka/domain';
import type { KubeObject } from '@matryoshka/kube';
import { tenantDatabase } from '@matryoshka/postgres';
import type { ClusterSettings } from '../../config.ts';
import type { StoredEncryption } from '../encryption/keys.ts';
import { labelsOf } from '../labels.ts';
import { auditArguments, auditMount, auditName } from './audit.ts';
import { authenticationMount, authenticationName, authenticationPath } from './authentication.ts';
import { encryptionArguments, encryptionMount, encryptionVolume } from './encryption.ts';
import { type ManifestInput, splitImage } from './input.ts';
import { hasSigner, signerMount, signerVolume } from './signer.ts';

export const controlPlaneApiVersion = 'controlplane.cluster.x-k8s.io/v1alpha1';

/**
 * Below the first etcd with watch progress requests, so that API servers do not ask kine for them: beside another kine, 0.17.5 reports an old
 * revision until it writes itself (pkg/logstructured/sqllog/sql.go, poll and Append), and an API server that starts waits for a newer one
 * until its startup probe ends it (docs/adr/0010).
 */
const emulatedEtcdVersion = '3.5.0';

/**
 * An API server that is to end answers for some seconds more, during which load balancers stop sending; afterwards it tells clients to come again
 * instead of breaking their connections.
 */
const drainArguments = [`--shutdown-delay-duration=${drain.apiServerSeconds}s`, '--shutdown-send-retry-after=true'];

/** Of an HA control plane, another replica leads within ten seconds of a loss (default: 17); the only one of a cluster leads again when it is back. */
function leaseArguments({ tier }: Cluster): readonly string[] {
  if (tier !== 'ha') return [];
  return ['--leader-elect-lease-duration=8s', '--leader-elect-renew-deadline=6s', '--leader-elect-retry-period=1s'];
}

/** No more connections than were budgeted for when it was placed; with two replicas, each sees the other's writes soon (default: 1 s; test/bench/watch-lag.ts). */
function kineArguments({ tier }: Cluster): readonly string[] {
  return [
    `--emulated-etcd-version=${emulatedEtcdVersion}`,
    `--datastore-max-open-connections=${connectionsPerReplica}`,
    ...(tier === 'ha' ? ['--datastore-poll-interval=80ms'] : []),
  ];
}

/**
 * How soon agents find a replica that is new or back (defaults: 1 s, up to 10 s after failures): until one has, exec and logs through that replica fail. Costs
 * nothing while they are connected to all (apiserver-network-proxy, pkg/agent/clientset.go, sync).
 */
const agentArguments = ['--sync-interval=300ms', '--sync-interval-cap=1500ms'];

/** Replicas on different management nodes; a node that is tainted (not ready) does not count, so that its replica may move to a survivor. */
function spread(clusterId: string): unknown {
  return [
    {
      maxSkew: 1,
      topologyKey: 'kubernetes.io/hostname',
      whenUnsatisfiable: 'DoNotSchedule',
      nodeTaintsPolicy: 'Honor',
      // Only pods of the same revision: a blue/green rollout would otherwise be spread against the old ones.
      matchLabelKeys: ['pod-template-hash'],
      labelSelector: { matchLabels: { [controlPlanePodLabel]: clusterId } },
    },
  ];
}

/**
 * Kamaji changes the Deployment several times while it makes it (konnectivity comes after the first pods). As long as nobody relies on the
 * control plane the pods of a superseded revision go at once, instead of starting beside their successors on the same processors. Afterwards one begins after
 * the other: API servers that start together starve those that serve. A second replica comes with new pods for both (Kamaji puts their number into them), and
 * only without a surge does a Deployment begin with one of them. Never because a replica is not ready: a new one that does not start must not cost the one that serves.
 */
function rollingUpdate({ tier }: Cluster, served: boolean, alone: boolean): unknown {
  if (!served) return { maxSurge: 0, maxUnavailable: '100%' };
  return alone && controlPlaneReplicas(tier) > 1
    ? { maxSurge: 0, maxUnavailable: 1 }
    : { maxSurge: 1, maxUnavailable: 0 };
}

/**
 * Who may reach the API: the ranges of the customer, the cluster's own workers, and those that the service and the management cluster call from.
 * Always said for a new cluster: Kamaji forgets no ranges when there are none any more (internal/resources/k8s_service_resource.go), and the rule of its
 * provider for `loadBalancerConfig` refuses to add it later (kamajicontrolplane_types.go: it compares with what was not there).
 */
function sourceRanges({ access }: Cluster, { endpointRanges }: ClusterSettings, egressAddresses: readonly string[]) {
  const { allowedRanges } = access;
  if (allowedRanges === null) return {};
  const own = egressAddresses.map((address) => `${address}/32`);
  const ranges =
    allowedRanges.length === 0 ? ['0.0.0.0/0'] : [...new Set([...allowedRanges, ...own, ...endpointRanges])];
  return { loadBalancerConfig: { loadBalancerSourceRanges: ranges } };
}

/**
 * Of the load balancer before the API, in milliseconds: it tries four times, so a management node that is lost costs a new connection two seconds instead of twenty (octavia, haproxy's
 * `retries 3` and `option redispatch`). Octavia's 50 s for what is open and silent stay: only they end the watch of a client that sends no pings, when its replica was lost without a word.
 */
const balancerTimeouts = { 'loadbalancer.openstack.org/timeout-member-connect': '500' };

/** The control plane as pods: Kamaji's provider makes a TenantControlPlane of it. */
export function kamajiControlPlane({
  cluster,
  settings,
  served,
  alone,
  rests,
  egressAddresses,
  encryption,
}: ManifestInput & {
  readonly served: boolean;
  /** It has a replica that was made as the only one. */
  readonly alone: boolean;
  readonly rests: boolean;
  readonly encryption: StoredEncryption | undefined;
  /** Of the cluster's own router, by which its workers come. */
  readonly egressAddresses: readonly string[];
}): KubeObject {
  const coredns = splitImage(settings.images.coredns);
  const server = splitImage(settings.images['konnectivity-server']);
  const agent = splitImage(settings.images['konnectivity-agent']);
  return {
    apiVersion: controlPlaneApiVersion,
    kind: 'KamajiControlPlane',
    metadata: {
      name: cluster.id,
      namespace: cluster.id,
      labels: labelsOf(cluster),
      // admin.conf lacks its binding until Kamaji made it; Cluster API needs a kubeconfig that works at once.
      annotations: { 'kamaji.clastix.io/kubeconfig-secret-key': 'super-admin.conf' },
    },
    spec: {
      version: cluster.kubernetesVersion,
      replicas: replicasForNow(cluster, rests),
      dataStoreName: cluster.place.dataStore,
      dataStoreSchema: tenantDatabase(cluster.id),
      registry: 'registry.k8s.io',
      // The address first: Kamaji's default tries the host name first, and logs and exec would wait for a lookup that cannot succeed.
      kubelet: { preferredAddressTypes: ['InternalIP', 'ExternalIP', 'Hostname'], cgroupfs: 'systemd' },
      network: {
        serviceType: 'LoadBalancer',
        serviceAnnotations: balancerTimeouts,
        ...sourceRanges(cluster, settings, egressAddresses),
      },
      apiServer: {
        extraArgs: [
          `--authentication-config=${authenticationPath}`,
          ...auditArguments,
          ...drainArguments,
          ...(encryption === undefined ? [] : encryptionArguments),
        ],
        extraVolumeMounts: [authenticationMount, auditMount, ...(encryption === undefined ? [] : [encryptionMount])],
      },
      // How soon it sees that the volumes of a lost node are free (default: a minute).
      controllerManager: {
        extraArgs: ['--attach-detach-reconcile-sync-period=10s', ...leaseArguments(cluster)],
        ...(hasSigner(cluster) ? { extraVolumeMounts: [signerMount] } : {}),
      },
      scheduler: { extraArgs: leaseArguments(cluster) },
      kine: { extraArgs: kineArguments(cluster) },
      addons: {
        // Kamaji takes the tag only together with a repository, and kubeadm adds `/coredns` to the latter.
        coreDNS: { imageRepository: coredns.repository.replace(/\/coredns$/, ''), imageTag: coredns.tag },
        konnectivity: {
          server: { port: 8132, image: server.repository, version: server.tag },
          agent: {
            ...{ image: agent.repository, version: agent.tag, tolerations: [{ operator: 'Exists' }] },
            extraArgs: agentArguments,
          },
        },
      },
      deployment: {
        extraVolumes: [
          { name: authenticationMount.name, configMap: { name: authenticationName(cluster.id) } },
          { name: auditMount.name, configMap: { name: auditName(cluster.id) } },
          ...(hasSigner(cluster) ? [signerVolume(cluster)] : []),
          ...(encryption === undefined ? [] : [encryptionVolume(cluster, encryption)]),
        ],
        strategy: { type: 'RollingUpdate', rollingUpdate: rollingUpdate(cluster, served, alone) },
        ...(cluster.tier === 'ha' ? { topologySpreadConstraints: spread(cluster.id) } : {}),
      },
    },
  };
}

/** Keeps at least one replica of an HA control plane while management nodes are drained. */
export function controlPlaneDisruptionBudget({ cluster }: ManifestInput): KubeObject {
  return {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name: `${cluster.id}-control-plane`, namespace: cluster.id, labels: labelsOf(cluster) },
    spec: { minAvailable: 1, selector: { matchLabels: { [controlPlanePodLabel]: cluster.id } } },
  };
}
