import { expect, it } from 'vitest';
import type { LoadBalancerEngine } from '../engine/load-balancer/index.ts';
import { openStore, type Store } from '../store/index.ts';
import type { VipNetworking } from './networking.ts';
import { reconcileLoadBalancer } from './reconcile.ts';
import { insertObject, migrations, setProvisioning, treeOf } from './rows.ts';

/** A load balancer with a listener; `during` happens while the engine or the network is waited for, and the ports of both go and come in `ports`. */
function setUp(during: (store: Store, id: string) => void, where: 'prepare' | 'ensure') {
  const store = openStore(':memory:', migrations);
  const data = { name: 'web', admin_state_up: true, vip_port_id: 'p', vip_address: '10.0.0.9', node_ports: [] };
  const { id } = insertObject(store, { kind: 'loadbalancer', project_id: 'x', pool_id: null, data });
  const listener = { protocol: 'TCP', protocol_port: 80, admin_state_up: true, connection_limit: -1 };
  insertObject(store, { kind: 'listener', project_id: 'x', pool_id: null, load_balancer_id: id, data: listener });
  const ports = new Set(['vip', 'nodes']);
  let done = false;
  const once = async (place: string): Promise<void> => {
    if (place !== where || done) return;
    done = true;
    during(store, id);
  };
  const leg = { namespace: 'n' };
  const networking = {
    prepare: async () => await once('prepare'),
    vipLeg: () => ({ leg, bridge: 'b', nexthop: null }),
    releaseNodePorts: () => ports.delete('nodes'),
    releaseVipPort: () => ports.delete('vip'),
  } as unknown as VipNetworking;
  const engine = {
    ensure: async () => await once('ensure'),
    remove: async () => undefined,
    statistics: async () => undefined,
  } as unknown as LoadBalancerEngine;
  return { store, id, ports, run: async () => await reconcileLoadBalancer(store, engine, networking, id) };
}

/** What a cascading DELETE writes before it answers. */
const askForDeletion = (store: Store, id: string): void => {
  for (const row of treeOf(store, id)) setProvisioning(store, row.id, 'PENDING_DELETE');
};

it.each(['prepare', 'ensure'] as const)(
  'a deletion asked for during %s is done whole by the next run',
  async (where) => {
    const { store, id, ports, run } = setUp(askForDeletion, where);
    for (const row of treeOf(store, id)) setProvisioning(store, row.id, 'ACTIVE');
    await run();
    expect(treeOf(store, id).map((row) => row.provisioning_status)).toEqual(['PENDING_DELETE', 'PENDING_DELETE']);
    expect([...ports]).toEqual(['vip', 'nodes']);
    await run();
    expect(treeOf(store, id)).toEqual([]);
    expect([...ports]).toEqual([]);
  },
);

it('settles what was asked for before it began', async () => {
  const { store, id, run } = setUp(() => undefined, 'ensure');
  await run();
  expect(treeOf(store, id).map((row) => row.provisioning_status)).toEqual(['ACTIVE', 'ACTIVE']);
  const [, listener] = treeOf(store, id);
  setProvisioning(store, listener?.id ?? '', 'PENDING_DELETE');
  await run();
  expect(treeOf(store, id).map((row) => row.kind)).toEqual(['loadbalancer']);
});
