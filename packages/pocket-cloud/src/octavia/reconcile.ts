import type { LoadBalancerEngine, Statistics } from '../engine/load-balancer/index.ts';
import type { Store } from '../store/index.ts';
import { operatingStatuses, specOf } from './data-plane.ts';
import type { VipNetworking } from './networking.ts';
import { deleteObject, objectById, setOperating, setProvisioning, treeOf } from './rows.ts';

/** Brings one load balancer to its rows, and its rows to what was done. Repeatable; a change that comes meanwhile is left to the next run. */
export async function reconcileLoadBalancer(
  store: Store,
  engine: LoadBalancerEngine,
  networking: VipNetworking,
  id: string,
): Promise<void> {
  // One look, before anything is waited for: a deletion that is asked for meanwhile must not be settled as if this run had done it.
  const tree = treeOf(store, id);
  const loadBalancer = tree.find((row) => row.kind === 'loadbalancer');
  if (loadBalancer === undefined || loadBalancer.provisioning_status === 'PENDING_DELETE') {
    await engine.remove(id);
    if (loadBalancer === undefined) return;
    store.transaction(() => {
      networking.releaseNodePorts(id);
      networking.releaseVipPort(String(loadBalancer.data.vip_port_id), id);
      for (const row of treeOf(store, id)) deleteObject(store, row.id);
    });
    return;
  }
  await networking.prepare(String(loadBalancer.data.vip_port_id));
  await engine.ensure(specOf(loadBalancer, tree, networking));
  // Only what was looked at is settled: a change that came meanwhile has queued another run.
  store.transaction(() => {
    const now = new Map(treeOf(store, id).map((row) => [row.id, row]));
    for (const row of tree) {
      const current = now.get(row.id);
      if (current === undefined || current.updated_at !== row.updated_at) continue;
      if (current.provisioning_status !== row.provisioning_status) continue;
      if (row.provisioning_status === 'PENDING_DELETE') deleteObject(store, row.id);
      else if (row.provisioning_status !== 'ACTIVE') setProvisioning(store, row.id, 'ACTIVE');
    }
  });
  await reportOperatingStatus(store, engine, id);
}

/** Asks the proxy what it sees and writes it into the rows; undefined when there is none that answers. */
export async function reportOperatingStatus(
  store: Store,
  engine: LoadBalancerEngine,
  id: string,
): Promise<Statistics | undefined> {
  const seen = await engine.statistics(id);
  store.transaction(() => {
    const loadBalancer = objectById(store, 'loadbalancer', id);
    if (loadBalancer === undefined) return;
    for (const [object, status] of operatingStatuses(loadBalancer, treeOf(store, id), seen))
      setOperating(store, object, status);
  });
  return seen;
}
