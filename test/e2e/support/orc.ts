import { cloudIn, readAdminFile } from './cloud.ts';

/** Of the namespace in the management cluster and of the project. */
export const namespace = 'orc-story';
export const fixedAddress = '192.168.77.50';
const publicKey = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIElEStvyg36yYozWPxfxJ7SmgulBmtmzUMpU7tXorKKj story';

export type Json = Readonly<Record<string, unknown>>;

/** What openstack-resource-controller is asked for: `import` finds what is there, `resource` makes it. */
export async function orcObjects(pictureUrl: string): Promise<readonly Json[]> {
  const { cloud } = await cloudIn('admin');
  const external = (await cloud.neutron.networks.list({ 'router:external': true }))[0];
  const worker = (await cloud.glance.images.list({})).find((image) => /worker/i.test(image.name ?? ''));
  if (external === undefined || worker === undefined) throw new Error('the cloud lacks a network or an image');
  const object = (kind: string, of: string, spec: Json): Json => ({
    apiVersion: 'openstack.k-orc.cloud/v1alpha1',
    kind,
    metadata: { name: of, namespace },
    spec:
      kind === 'RouterInterface'
        ? spec
        : { cloudCredentialsRef: { cloudName: 'openstack', secretName: 'clouds' }, ...spec },
  });
  const make = (kind: string, of: string, resource: Json): Json =>
    object(kind, of, { managementPolicy: 'managed', resource });
  const find = (kind: string, of: string, filter: Json): Json =>
    object(kind, of, { managementPolicy: 'unmanaged', import: { filter } });
  return [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
    secret('clouds', {
      'clouds.yaml': JSON.stringify({
        clouds: { openstack: { auth: await login(), region_name: 'RegionOne', identity_api_version: 3 } },
      }),
    }),
    secret('user-data', { value: '#cloud-config\nruncmd: [[sh, -c, "echo written by user data > /dev/console"]]\n' }),
    find('Network', 'external', { name: external.name, external: true }),
    find('Flavor', 'small', { name: 'm1.small' }),
    find('Image', 'worker', { name: worker.name }),
    make('Flavor', 'own', { name: 'orc.tiny', ram: 256, vcpus: 1, disk: 1 }),
    make('Image', 'picture', { content: { diskFormat: 'raw', download: { url: pictureUrl } } }),
    make('Network', 'net', { description: 'made by ORC', tags: ['one', 'two'], mtu: 1400 }),
    make('Subnet', 'subnet', { networkRef: 'net', ipVersion: 4, cidr: '192.168.77.0/24', dnsNameservers: ['9.9.9.9'] }),
    make('Router', 'router', { externalGateways: [{ networkRef: 'external' }] }),
    object('RouterInterface', 'interface', { type: 'Subnet', routerRef: 'router', subnetRef: 'subnet' }),
    // It removes Neutron's own rules for egress: without one of ours the metadata service is out of reach.
    make('SecurityGroup', 'group', {
      rules: [
        { direction: 'ingress', ethertype: 'IPv4', protocol: 'icmp' },
        { direction: 'egress', ethertype: 'IPv4' },
      ],
    }),
    make('Port', 'port', {
      networkRef: 'net',
      addresses: [{ subnetRef: 'subnet', ip: fixedAddress }],
      securityGroupRefs: ['group'],
    }),
    make('FloatingIP', 'address', { floatingNetworkRef: 'external', portRef: 'port' }),
    make('KeyPair', 'key', { publicKey }),
    make('ServerGroup', 'apart', { policy: 'soft-anti-affinity' }),
    make('Volume', 'disk', { size: 1, metadata: [{ name: 'made-by', value: 'orc' }] }),
    make('Server', 'server', {
      imageRef: 'worker',
      flavorRef: 'small',
      ports: [{ portRef: 'port' }],
      volumes: [{ volumeRef: 'disk' }],
      serverGroupRef: 'apart',
      keypairRef: 'key',
      userData: { secretRef: 'user-data' },
      tags: ['story'],
    }),
  ];
}

const secret = (of: string, stringData: Json): Json => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: of, namespace },
  stringData,
});

async function login(): Promise<Json> {
  const { username, password, authUrl } = await readAdminFile();
  const names = { project_name: namespace, user_domain_name: 'Default', project_domain_name: 'Default' };
  return { auth_url: authUrl, username, password, ...names };
}
