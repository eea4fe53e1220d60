import type { Actor } from '../shared/conditions.ts';

export interface CauseDefinition {
  /** Who can make it go away. */
  readonly actor: Actor;
  /** What is wrong, as the beginning of a sentence. */
  readonly what: string;
  /** What the actor does next, as its end. */
  readonly next: string;
  /** For the page: where it is seen, and what it means. */
  readonly meaning: string;
}

const larger = 'free some in the project or ask your provider for a larger quota';
const byItself = 'it is tried again by itself';

/** Everything that a cluster can name as the cause when something does not become ready. Closed: programs may compare the codes. */
export const causes = {
  ServerQuotaExceeded: {
    actor: 'user',
    what: 'the project may have no more servers',
    next: larger,
    meaning: 'Nova refused a server for the quota `instances`, or of a server group.',
  },
  CoreQuotaExceeded: {
    actor: 'user',
    what: 'the project may use no more cores',
    next: larger,
    meaning: 'Nova refused a server for the quota `cores`.',
  },
  MemoryQuotaExceeded: {
    actor: 'user',
    what: 'the project may use no more memory',
    next: larger,
    meaning: 'Nova refused a server for the quota `ram`.',
  },
  PortQuotaExceeded: {
    actor: 'user',
    what: 'the project may have no more ports',
    next: larger,
    meaning: 'Neutron refused a port. Each worker and each load balancer takes one or more.',
  },
  NetworkQuotaExceeded: {
    actor: 'user',
    what: 'the project may have no more networks, subnets or routers',
    next: larger,
    meaning: 'Neutron refused a network, a subnet or a router. Each cluster takes one of each.',
  },
  SecurityGroupQuotaExceeded: {
    actor: 'user',
    what: 'the project may have no more security groups or rules',
    next: larger,
    meaning: 'Neutron refused a security group or a rule. Each cluster takes two groups.',
  },
  FloatingIpQuotaExceeded: {
    actor: 'user',
    what: 'the project may have no more floating IPs',
    next: larger,
    meaning: 'Neutron refused a floating IP: each Service of type LoadBalancer with a public address takes one.',
  },
  LoadBalancerQuotaExceeded: {
    actor: 'user',
    what: 'the project may have no more load balancers, listeners, pools or members',
    next: larger,
    meaning: 'Octavia refused what a Service of type LoadBalancer needs.',
  },
  VolumeQuotaExceeded: {
    actor: 'user',
    what: 'the project may have no more volumes, or not as large ones',
    next: larger,
    meaning: 'Cinder refused a volume for the quota `volumes` or `gigabytes`.',
  },
  QuotaExceeded: {
    actor: 'user',
    what: 'a quota of the project is used up',
    next: larger,
    meaning:
      'OpenStack refused something for a quota that is none of the others here; the words in the message name it.',
  },
  AddressesExhausted: {
    actor: 'provider',
    what: 'the provider network has no free addresses',
    next: 'the provider adds a subnet to it or frees addresses',
    meaning: 'Neutron has no address left for a router, a floating IP or a load balancer.',
  },
  NoCapacity: {
    actor: 'provider',
    what: 'the cloud has no room for a server of this flavor now',
    next: 'choose another flavor or wait for the provider, and until then it is tried again',
    meaning: 'Nova found no valid host. The fault of the server says so.',
  },
  ImageMissing: {
    actor: 'provider',
    what: 'the image of the workers is not in the cloud any more',
    next: 'the provider offers the version again (kaas components offer)',
    meaning: 'Glance or Nova do not know the image of this Kubernetes version.',
  },
  FlavorMissing: {
    actor: 'user',
    what: 'the flavor of the pool is not in the cloud any more',
    next: 'make a pool with another flavor and remove this one',
    meaning: 'Nova does not know the flavor, or this project may not use it.',
  },
  CredentialRevoked: {
    actor: 'user',
    what: 'OpenStack refuses the credential of the cluster',
    next: 'see that the user matryoshka-<cluster id> is enabled and a member of the project; its credential is then made anew',
    meaning:
      'Keystone refuses the application credential by which the cluster works in the project: it, its user or its role was removed.',
  },
  CloudNotAnswering: {
    actor: 'provider',
    what: 'a service of the cloud does not answer properly',
    next: byItself,
    meaning: 'OpenStack could not be reached, or answered with an error of its own (5xx).',
  },
  ServerFailed: {
    actor: 'provider',
    what: 'a server could not be made or has failed',
    next: 'it is replaced; when it happens again the provider looks at the fault',
    meaning: 'Nova says ERROR. The words of its fault are in the message.',
  },
  ServerStopped: {
    actor: 'user',
    what: 'a worker was shut off',
    next: 'start it again in OpenStack; when it stays so for five minutes another one is made in its place',
    meaning: 'The server of a worker is SHUTOFF, PAUSED or SUSPENDED: nobody here does that.',
  },
  ServerDeleted: {
    actor: 'us',
    what: 'the server of a worker was deleted',
    next: 'another one is made in its place',
    meaning: 'Nova does not know the server of a worker any more, and nobody here deleted it.',
  },
  NodeGone: {
    actor: 'us',
    what: 'somebody deleted the Node of a worker',
    next: 'when it does not come back within five minutes, another worker is made in its place',
    meaning: 'The machine had joined the cluster, and there is no Node for it any more.',
  },
  RepairHeld: {
    actor: 'user',
    what: 'so many workers are not well that replacing them is no remedy',
    next: 'see what they have in common: network, image, or a quota; a single one is replaced by `kaas node recycle`',
    meaning:
      'More than two workers, and more than 40 %, are not well at once. Repairs go on by themselves when fewer are.',
  },
  RestoreFailed: {
    actor: 'provider',
    what: 'the backup could not be loaded',
    next: 'it is tried again every half minute; `kaas operation cancel` starts the control plane with the data it had',
    meaning:
      'The place of the backups does not answer or is full, the backup was damaged or cannot be opened with the backup identity, or the DataStore refuses it. Nothing was changed.',
  },
  CloudInitFailed: {
    actor: 'us',
    what: 'a worker could not set itself up',
    next: 'it is replaced after ten minutes; report the words of its console',
    meaning: 'The console log of the server ends with an error of cloud-init or kubeadm.',
  },
  NodeNotRegistered: {
    actor: 'us',
    what: 'a worker runs and does not join the cluster',
    next: 'see that the project’s network lets it reach the Kubernetes API, then look at its console log',
    meaning: 'The server is ACTIVE for five minutes and there is no Node for it.',
  },
  CertificateRequestPending: {
    actor: 'us',
    what: 'the certificate that a kubelet asks for is not approved',
    next: 'see with `kubectl get csr` which, and approve it when you know the node',
    meaning: 'A CertificateSigningRequest of a kubelet waits for more than five minutes.',
  },
  NetworkPluginNotReady: {
    actor: 'us',
    what: 'the pod network of a node is not ready',
    next: 'look at the pods of flannel on that node (`kubectl -n kube-flannel get pods -o wide`)',
    meaning: 'kubelet reports NetworkReady=false: the CNI configuration is not there.',
  },
  NodeSilent: {
    actor: 'user',
    what: 'a node does not report any more',
    next: 'see in OpenStack whether its server runs and has a network; after five minutes another one is made in its place',
    meaning: 'Kubernetes has not heard of the kubelet for forty seconds.',
  },
  NodeUnderPressure: {
    actor: 'user',
    what: 'a node has too little disk, memory or process ids left',
    next: 'free some on it, or choose a larger flavor',
    meaning: 'kubelet reports DiskPressure, MemoryPressure or PIDPressure.',
  },
  NodeNotReady: {
    actor: 'us',
    what: 'the kubelet of a node says that it is not ready',
    next: 'it is waited for; after five minutes another one is made in its place',
    meaning: 'The node is there and Ready is False for a reason that is none of the others here.',
  },
  KonnectivityAgentSilent: {
    actor: 'us',
    what: 'no konnectivity agent runs, so logs, exec and webhooks do not work',
    next: 'look at its pods (`kubectl -n kube-system get pods -l k8s-app=konnectivity-agent`)',
    meaning: 'Nodes are ready and not one pod of the DaemonSet konnectivity-agent is.',
  },
  AddonNotRunning: {
    actor: 'us',
    what: 'a part of the cluster that we provide does not run',
    next: byItself,
    meaning:
      'A pod of an add-on (CoreDNS, flannel, kube-proxy, volumes) is not ready; its own words are in the message.',
  },
  WebhookRefusing: {
    actor: 'user',
    what: 'an admission webhook in your cluster refuses or does not answer',
    next: 'repair it, or take kube-system and kube-flannel out of its namespaceSelector',
    meaning: 'What we apply in the cluster was stopped by a validating or mutating webhook of the customer.',
  },
  DrainBlocked: {
    actor: 'user',
    what: 'a worker cannot be emptied',
    next: 'add replicas or change the disruption budget, or delete the pod yourself',
    meaning: 'A PodDisruptionBudget allows no eviction. The message names the pod and the budget.',
  },
  LoadBalancerFailed: {
    actor: 'provider',
    what: 'a Service of type LoadBalancer gets no load balancer',
    next: byItself,
    meaning: 'The cloud controller manager could not make it; the words of its event are in the message.',
  },
  VolumeFailed: {
    actor: 'provider',
    what: 'a PersistentVolumeClaim gets no volume',
    next: byItself,
    meaning: 'Cinder CSI could not make it; the words of its event are in the message.',
  },
  DataStoreFull: {
    actor: 'provider',
    what: 'the database of the control planes is full',
    next: 'the provider gives PostgreSQL more disk',
    meaning: 'kine cannot write: PostgreSQL reports that no space is left, or that it is read-only for that reason.',
  },
  StoreQuotaExceeded: {
    actor: 'user',
    what: 'the cluster stores more than it may',
    next: 'delete objects that are not needed; new ones are accepted again some minutes after enough of them are gone',
    meaning:
      'The database of the control plane holds more than the provider allows (`status.store`). Reading, deleting, and what keeps running workloads running go on; new objects, and changes of ConfigMaps and Secrets, are refused by the Kubernetes API with this reason, until nine tenths of the quota are used.',
  },
  ControlPlaneUnschedulable: {
    actor: 'provider',
    what: 'the management cluster has no room for a pod of the control plane',
    next: 'the provider adds management nodes',
    meaning: 'Kubernetes cannot schedule it; its words are in the message.',
  },
  ControlPlaneImageMissing: {
    actor: 'provider',
    what: 'an image of the control plane cannot be pulled',
    next: 'the provider sees to the registry (kaas doctor)',
    meaning: 'A pod waits with ErrImagePull or ImagePullBackOff.',
  },
  ControlPlaneCrashing: {
    actor: 'us',
    what: 'a program of the control plane ends again and again',
    next: 'report the words of the message with the log of that pod',
    meaning: 'A pod is in CrashLoopBackOff.',
  },
  ControlPlaneAddressPending: {
    actor: 'provider',
    what: 'the Kubernetes API of the cluster gets no address',
    next: 'the provider looks at Octavia and at the cloud controller manager of the management cluster',
    meaning:
      'The Service of the control plane is without an address for two minutes; the words of its event are in the message.',
  },
  CertificateExpiring: {
    actor: 'us',
    what: 'a certificate of the control plane ends soon and was not renewed',
    next: 'report it: certificates are renewed when a third of their life is left',
    meaning: 'A certificate in the management cluster has less than half of the time left in which it is renewed.',
  },
  ClusterApiNotAnswering: {
    actor: 'us',
    what: 'the Kubernetes API of the cluster does not answer at the moment',
    next: byItself,
    meaning: 'The control plane should answer and does not.',
  },
  ControlPlaneFailed: {
    actor: 'us',
    what: 'the control plane cannot be made as it should be',
    next: 'report the words of the message',
    meaning: 'Kamaji or its provider for Cluster API gave up; their words are in the message.',
  },
  NetworkFailed: {
    actor: 'provider',
    what: 'the network of the cluster cannot be made',
    next: byItself,
    meaning: 'Cluster API’s provider for OpenStack could not make network, subnet, router or security groups.',
  },
  InternalError: {
    actor: 'us',
    what: 'something went wrong on our side',
    next: 'it is tried again by itself; report it when it lasts',
    meaning: 'An action of the controller failed for a reason that is none of the others here.',
  },
} as const satisfies Readonly<Record<string, CauseDefinition>>;

export type CauseCode = keyof typeof causes;
export const causeCodes = Object.keys(causes) as readonly CauseCode[];

/** Why something is not as it should be: a code of the table, and what was seen. */
export interface Failure {
  readonly reason: CauseCode;
  /** One sentence: what, the evidence, the next step. */
  readonly message: string;
  readonly actor: Actor;
}

const longestEvidence = 400;

/** The failure of a cause, with what was seen in the words of whoever saw it. */
export function failureOf(code: CauseCode, evidence: string): Failure {
  const { what, next, actor } = causes[code];
  const words = evidence.replace(/\s+/g, ' ').trim().replace(/\.$/, '');
  const seen = words.length > longestEvidence ? `${words.slice(0, longestEvidence)}…` : words;
  const sentence = `${what}${seen === '' ? '' : ` (${seen})`}; ${next}.`;
  return { reason: code, message: sentence.charAt(0).toUpperCase() + sentence.slice(1), actor };
}
