import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { balancerOf, membersOf, octavia } from '../support/balancers.ts';
import { cloudIn } from '../support/cloud.ts';
import { apply, serviceAddress } from '../support/kubernetes.ts';
import { config, kaasJson, kubectl } from '../support/platform.ts';
import { eventually } from '../support/waiting.ts';

const image = 'docker.io/library/busybox:1.35.0';
const annotation = 'loadbalancer.openstack.org';
const host = config.network.address;

/** Sends back what it gets; where a PROXY header comes first, that. */
const echo = `apiVersion: apps/v1
kind: Deployment
metadata: { name: echo }
spec:
  selector: { matchLabels: { app: echo } }
  template:
    metadata: { labels: { app: echo } }
    spec:
      terminationGracePeriodSeconds: 1
      containers: [{ name: echo, image: ${image}, command: [nc, -ll, -p, '7007', -e, cat] }]
`;

type Json = Readonly<Record<string, unknown>>;

/** A Service of type LoadBalancer for the pods of `echo`; answers its address. */
async function expose(name: string, fields: { readonly annotations?: Json; readonly spec?: Json }): Promise<string> {
  const service = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, annotations: fields.annotations ?? {} },
    spec: { type: 'LoadBalancer', selector: { app: 'echo' }, ports: [{ port: 7, targetPort: 7007 }], ...fields.spec },
  };
  await apply('demo', service);
  return await serviceAddress('demo', name);
}

const remove = async (name: string): Promise<void> => void (await kubectl('demo', ['delete', 'service', name]));

/** What comes back for a line, undefined when nothing does. */
async function ask(address: string, port = 7): Promise<string | undefined> {
  const socket = connect({ host: address, port });
  socket.setTimeout(2_000, () => socket.destroy());
  let text = '';
  socket.setEncoding('utf8').on('data', (more: string) => {
    text += more;
    if (text.includes('hello\n')) socket.destroy();
  });
  socket.on('error', () => undefined).write('hello\n');
  // Not `once`, which takes a refused connection for a failure of the test.
  await new Promise((resolve) => socket.on('close', resolve));
  return text === '' ? undefined : text;
}
const answers = async (address: string): Promise<true | undefined> =>
  (await ask(address)) === undefined ? undefined : true;
const silent = async (address: string): Promise<true | undefined> =>
  (await ask(address)) === undefined ? true : undefined;

/** Whether the echo comes back to a pod of its own. */
async function podHears(address: string): Promise<true | undefined> {
  const pod = ['exec', 'deployment/echo', '--', 'sh', '-c', `(echo hello; sleep 1) | nc ${address} 7`];
  return (await kubectl('demo', pod)) === 'hello\n' ? true : undefined;
}

/** Asks a name server by UDP for an address in the cluster; answers whether one came. */
async function resolves(server: string): Promise<true | undefined> {
  const labels = 'kubernetes.default.svc.cluster.local'.split('.');
  const name = Buffer.concat([
    ...labels.map((label) => Buffer.from(`${String.fromCharCode(label.length)}${label}`)),
    Buffer.of(0),
  ]);
  const query = Buffer.concat([Buffer.from('123401000001000000000000', 'hex'), name, Buffer.from('00010001', 'hex')]);
  const socket = createSocket('udp4');
  try {
    socket.send(query, 53, server);
    const [answer] = (await once(socket, 'message', { signal: AbortSignal.timeout(2_000) })) as [Buffer];
    // Same id, no error, one answer.
    return answer.readUInt16BE(0) === 0x1234 && (answer[3] ?? 0) % 16 === 0 && answer.readUInt16BE(6) === 1
      ? true
      : undefined;
  } finally {
    socket.close();
  }
}

/** Services of type LoadBalancer in the cluster `demo` that quickstart made. */
export function serviceStories(): void {
  describe('services', () => {
    it('are shown with the cluster', async () => {
      interface Shown {
        readonly kind: string;
        readonly usedBy: string;
        readonly status: string;
        readonly address: string;
      }
      const address = await serviceAddress('demo', 'hello');
      const shown = await eventually('both are shown as active', async () => {
        const { items } = await kaasJson<{ items: readonly Shown[] }>(['cluster', 'resources', 'demo']);
        const states = items.map(({ kind, usedBy, status, address: at }) =>
          [kind, usedBy, at, status.slice(0, 6)].join(' '),
        );
        return states.length === 2 ? states : undefined;
      });
      expect(shown).toEqual([
        `floating-ip Service default/hello ${address} ACTIVE`,
        `load-balancer Service default/hello ${address} ACTIVE`,
      ]);
    });

    it('have several ports, by TCP and UDP', async () => {
      const ports = [
        { name: 'udp', protocol: 'UDP', port: 53, targetPort: 53 },
        { name: 'tcp', protocol: 'TCP', port: 53, targetPort: 53 },
        { name: 'metrics', protocol: 'TCP', port: 9153, targetPort: 9153 },
      ];
      const service = {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: 'names', namespace: 'kube-system' },
        spec: { type: 'LoadBalancer', selector: { 'k8s-app': 'kube-dns' }, ports },
      };
      await apply('demo', service);
      const address = await serviceAddress('demo', 'names', 'kube-system');
      await eventually('names are resolved by UDP', async () => await resolves(address), 60_000);
      const metrics = async (): Promise<true | undefined> =>
        (await (await fetch(`http://${address}:9153/metrics`)).text()).includes('coredns_') ? true : undefined;
      await eventually('the third port answers', metrics, 60_000);
      await kubectl('demo', ['delete', 'service', 'names', '-n', 'kube-system']);
    });

    it('let in only the ranges they name', async () => {
      await apply('demo', echo);
      await kubectl('demo', ['rollout', 'status', 'deployment/echo', '--timeout=120s']);
      const address = await expose('ranges', { spec: { loadBalancerSourceRanges: [`${host}/32`] } });
      await eventually('the host is let in', async () => await answers(address), 60_000);
      const patch = JSON.stringify({ spec: { loadBalancerSourceRanges: ['203.0.113.0/24'] } });
      await kubectl('demo', ['patch', 'service', 'ranges', '-p', patch]);
      await eventually('the host is kept out', async () => await silent(address), 60_000);
      await remove('ranges');
    });

    it('stay inside when they say so, and keep their floating IP when they say so', async () => {
      const { cloud, projectId } = await cloudIn('demo');
      const list = async (): Promise<readonly string[]> =>
        (await cloud.neutron.floatingIps.list({ project_id: projectId })).map(({ floating_ip_address: ip }) => ip);
      const before = await list();
      const inner = await expose('inner', {
        annotations: { 'service.beta.kubernetes.io/openstack-internal-load-balancer': 'true' },
      });
      expect(inner).toBe((await balancerOf('inner')).vip);
      await eventually('a pod reaches it', async () => await podHears(inner), 60_000);
      expect(await list()).toEqual(before);
      const outer = await expose('outer', { annotations: { [`${annotation}/keep-floatingip`]: 'true' } });
      expect(before).not.toContain(outer);
      await remove('outer');
      await remove('inner');
      const [kept] = await cloud.neutron.floatingIps.list({ project_id: projectId, floating_ip_address: outer });
      expect(kept).toMatchObject({ port_id: null });
      // Taken again by the Service that asks for it.
      expect(await expose('outer', { spec: { loadBalancerIP: outer } })).toBe(outer);
      await eventually('it answers there', async () => await answers(outer), 60_000);
      await remove('outer');
      expect(await list()).toEqual(before);
    });

    it('take their address from the subnet that they name', async () => {
      const { cloud, projectId } = await cloudIn('demo');
      const { id } = await kaasJson<{ id: string }>(['cluster', 'get', 'demo']);
      const network = (await cloud.neutron.networks.list({ project_id: projectId })).find(({ name }) =>
        name.includes(id),
      );
      const router = (await cloud.neutron.routers.list({ project_id: projectId })).find(({ name }) =>
        name.includes(id),
      );
      if (network === undefined || router === undefined) throw new Error('demo has no network');
      const subnet = await cloud.neutron.subnets.create({
        name: 'services',
        project_id: projectId,
        network_id: network.id,
        ip_version: 4,
        cidr: '192.168.90.0/24',
      });
      await cloud.neutron.addRouterInterface(router.id, subnet.id);
      try {
        const address = await expose('chosen', {
          annotations: {
            'service.beta.kubernetes.io/openstack-internal-load-balancer': 'true',
            [`${annotation}/subnet-id`]: subnet.id,
          },
        });
        expect(address).toMatch(/^192\.168\.90\./);
        await eventually('a pod reaches it', async () => await podHears(address), 60_000);
        await remove('chosen');
      } finally {
        await cloud.neutron.removeRouterInterface(router.id, subnet.id);
        await cloud.neutron.subnets.delete(subnet.id);
      }
    });

    it('tell their pods who calls by the PROXY protocol, and pass timeouts on', async () => {
      const address = await expose('proxied', {
        annotations: { [`${annotation}/proxy-protocol`]: 'true', [`${annotation}/timeout-client-data`]: '70000' },
      });
      const header = await eventually(
        'the echo starts with a PROXY header',
        async () => {
          const text = await ask(address);
          return text?.startsWith('PROXY ') ? text : undefined;
        },
        60_000,
      );
      expect(header).toMatch(new RegExp(`^PROXY TCP4 ${host.replaceAll('.', '\\.')} `));
      const { id } = await balancerOf('proxied');
      const { listeners } = await octavia<{ listeners: readonly Json[] }>(`/listeners?loadbalancer_id=${id}`);
      expect(listeners).toMatchObject([{ timeout_client_data: 70_000 }]);
      await remove('proxied');
    });

    it('leave out the nodes without a pod when traffic stays local', async () => {
      const address = await expose('local', {
        annotations: {
          [`${annotation}/enable-health-monitor`]: 'true',
          [`${annotation}/health-monitor-delay`]: '1',
          [`${annotation}/health-monitor-timeout`]: '1',
        },
        spec: { externalTrafficPolicy: 'Local' },
      });
      await eventually(
        'one member of two is online',
        async () => {
          const states = (await membersOf('local')).map(({ operating_status: status }) => status).toSorted();
          return states.join(' ') === 'ERROR ONLINE' ? true : undefined;
        },
        60_000,
      );
      for (let round = 0; round < 6; round += 1) expect(await ask(address)).toBe('hello\n');
      await remove('local');
      await kubectl('demo', ['delete', 'deployment/echo']);
    });
  });
}
