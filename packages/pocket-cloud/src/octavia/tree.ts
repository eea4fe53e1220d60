import { isIPv4 } from 'node:net';
import { ApiError, badRequest, conflict, isObject, type JsonObject, notFound } from '../http/index.ts';
import type { Store } from '../store/index.ts';
import { type Kind, readFields } from './fields.ts';
import type { VipNetworking } from './networking.ts';
import { insertObject, type LbRow, objectById, objectsOfPool, setProvisioning, treeOf, updateData } from './rows.ts';

export const titles: Readonly<Record<Kind, string>> = {
  loadbalancer: 'Load Balancer',
  listener: 'Listener',
  pool: 'Pool',
  member: 'Member',
  healthmonitor: 'Health Monitor',
};

/** Marks a load balancer as being changed. 409 while another change is under way. Source: octavia/api/v2/controllers, `_test_lb_and_listener_statuses`. */
export function beginChange(store: Store, loadBalancerId: string, forDeletion = false): LbRow {
  const row = objectById(store, 'loadbalancer', loadBalancerId);
  if (row === undefined) throw notFound(`Load Balancer ${loadBalancerId} not found.`);
  const mutable = row.provisioning_status === 'ACTIVE' || (forDeletion && row.provisioning_status === 'ERROR');
  if (!mutable) throw conflict(`Load Balancer ${loadBalancerId} is immutable and cannot be updated.`);
  setProvisioning(store, loadBalancerId, forDeletion ? 'PENDING_DELETE' : 'PENDING_UPDATE');
  return row;
}

/** 501 as providers say that they lack a feature. */
export const unsupported = (what: string): ApiError =>
  new ApiError(501, `Provider 'octavia' does not support a requested option: ${what}`);

/** Creates a listener, with its default pool where the request brings one. */
export function addListener(store: Store, loadBalancer: LbRow, body: JsonObject, networking: VipNetworking): LbRow {
  const data = readFields('listener', body, 'create', ['loadbalancer_id', 'default_pool', 'l7policies']);
  checkListener(data);
  if (Array.isArray(body.l7policies) && body.l7policies.length > 0) throw unsupported('l7policies');
  const taken = treeOf(store, loadBalancer.id).find(
    (row) =>
      row.kind === 'listener' &&
      row.data.protocol_port === data.protocol_port &&
      (row.data.protocol === 'UDP') === (data.protocol === 'UDP'),
  );
  if (taken !== undefined)
    throw conflict(
      `Another Listener on this Load Balancer is already using protocol ${taken.data.protocol} and protocol_port ${data.protocol_port}`,
    );
  if (typeof data.default_pool_id === 'string') poolIn(store, loadBalancer.id, data.default_pool_id);
  const row = insertObject(store, {
    kind: 'listener',
    project_id: loadBalancer.project_id,
    load_balancer_id: loadBalancer.id,
    pool_id: null,
    data,
  });
  if (isObject(body.default_pool)) addPool(store, loadBalancer, body.default_pool, networking, row);
  return row;
}

export function checkListener(data: Readonly<Record<string, unknown>>): void {
  if (data.protocol !== undefined && !['TCP', 'HTTP', 'HTTPS', 'UDP'].includes(String(data.protocol)))
    throw unsupported(`listener protocol ${data.protocol}`);
  for (const cidr of (data.allowed_cidrs ?? []) as readonly string[])
    if (!/^\d+\.\d+\.\d+\.\d+\/\d+$/.test(cidr))
      throw badRequest(
        `Invalid input for field/attribute allowed_cidrs. Value: '${cidr}'. It must be an IPv4 network.`,
      );
}

/** Creates a pool with members and monitor where the request brings them, and makes it the listener's default. */
export function addPool(
  store: Store,
  loadBalancer: LbRow,
  body: JsonObject,
  networking: VipNetworking,
  listener?: LbRow,
): LbRow {
  const data = readFields('pool', body, 'create', ['loadbalancer_id', 'listener_id', 'members', 'healthmonitor']);
  if (data.protocol === 'SCTP') throw unsupported(`pool protocol ${data.protocol}`);
  const persistence = data.session_persistence as JsonObject | null;
  if (persistence !== null && persistence.type !== 'SOURCE_IP')
    throw unsupported(`session persistence ${String(persistence.type)}`);
  if (listener !== undefined && (listener.data.protocol === 'UDP') !== (data.protocol === 'UDP'))
    throw badRequest(
      `Validation failure: The pool protocol '${String(data.protocol)}' is invalid while the listener protocol is '${String(listener.data.protocol)}'.`,
    );
  if (listener !== undefined && listener.data.default_pool_id !== null)
    throw conflict(`Listener ${listener.id} already has a default pool.`);
  const row = insertObject(store, {
    kind: 'pool',
    project_id: loadBalancer.project_id,
    load_balancer_id: loadBalancer.id,
    pool_id: null,
    data,
  });
  if (listener !== undefined) updateData(store, listener.id, { ...listener.data, default_pool_id: row.id });
  for (const member of Array.isArray(body.members) ? body.members : [])
    addMember(store, row, isObject(member) ? member : {}, networking);
  if (isObject(body.healthmonitor)) addMonitor(store, row, body.healthmonitor);
  return row;
}

export function addMember(store: Store, pool: LbRow, body: JsonObject, networking: VipNetworking): LbRow {
  const data = readFields('member', body, 'create');
  const address = String(data.address);
  if (!isIPv4(address))
    throw badRequest(`Invalid input for field/attribute address. Value: '${address}'. It must be an IPv4 address.`);
  if (typeof data.subnet_id === 'string' && !networking.subnetExists(data.subnet_id))
    throw badRequest(`Subnet ${data.subnet_id} not found.`);
  const twin = objectsOfPool(store, 'member', pool.id).find(
    (row) =>
      row.data.address === address &&
      row.data.protocol_port === data.protocol_port &&
      row.provisioning_status !== 'PENDING_DELETE',
  );
  if (twin !== undefined)
    throw conflict(
      `Another member on this pool is already using ip ${address} on protocol_port ${String(data.protocol_port)}`,
    );
  return insertObject(store, {
    kind: 'member',
    project_id: pool.project_id,
    load_balancer_id: pool.load_balancer_id,
    pool_id: pool.id,
    data,
  });
}

export function addMonitor(store: Store, pool: LbRow, body: JsonObject): LbRow {
  const data = readFields('healthmonitor', body, 'create', ['pool_id']);
  if (!['TCP', 'HTTP', 'HTTPS', 'UDP-CONNECT'].includes(String(data.type)))
    throw unsupported(`health monitor type ${data.type}`);
  if (data.type === 'UDP-CONNECT') checkDatagramMonitor(pool, data);
  checkMonitor(data);
  if (objectsOfPool(store, 'healthmonitor', pool.id).length > 0)
    throw conflict('This pool already has a health monitor');
  return insertObject(store, {
    kind: 'healthmonitor',
    project_id: pool.project_id,
    load_balancer_id: pool.load_balancer_id,
    pool_id: pool.id,
    data,
  });
}

/** These values end up in the proxy's configuration, so nothing but their own alphabet may pass. */
const leastDatagramDelay = 3;

/** Source: octavia/api/v2/controllers/health_monitor.py (udp_connect_min_interval_health_monitor, 3 seconds). */
function checkDatagramMonitor(pool: LbRow, data: Readonly<Record<string, unknown>>): void {
  if (pool.data.protocol !== 'UDP')
    throw badRequest('Validation failure: The UDP-CONNECT type is only supported for pools of type UDP/SCTP.');
  if (Number(data.delay) < leastDatagramDelay)
    throw badRequest(
      `Validation failure: The request delay value ${data.delay} should be larger than ${leastDatagramDelay} for UDP-CONNECT health monitor type.`,
    );
}

export function checkMonitor(data: Readonly<Record<string, unknown>>): void {
  if (typeof data.url_path === 'string' && !/^\/[\w\-./?=&%~:+,]*$/.test(data.url_path))
    throw badRequest(`Invalid input for field/attribute url_path. Value: '${data.url_path}'. It must be a URL path.`);
  if (typeof data.expected_codes === 'string' && !/^\d{3}(-\d{3})?(,\s*\d{3}(-\d{3})?)*$/.test(data.expected_codes))
    throw badRequest(
      `Invalid input for field/attribute expected_codes. Value: '${data.expected_codes}'. Use a code, a list or a range.`,
    );
}

export function poolIn(store: Store, loadBalancerId: string, poolId: string): LbRow {
  const pool = objectById(store, 'pool', poolId);
  if (pool === undefined || pool.load_balancer_id !== loadBalancerId) throw notFound(`Pool ${poolId} not found.`);
  return pool;
}

/** What is being changed below an object shows in its parents, too. Source: octavia/db/repositories.py, `test_and_set_lb_and_listeners_prov_status`. */
export function markParents(store: Store, row: LbRow): void {
  const poolId = row.kind === 'pool' ? row.id : row.pool_id;
  if (poolId === null) return;
  for (const other of treeOf(store, row.load_balancer_id)) {
    const isParent =
      (other.kind === 'listener' && other.data.default_pool_id === poolId) ||
      (other.kind === 'pool' && other.id === poolId);
    if (isParent && other.provisioning_status === 'ACTIVE') setProvisioning(store, other.id, 'PENDING_UPDATE');
  }
}

/** Marks an object and what hangs on it for deletion; rows go when the proxy does not know them any more. */
export function markDeleted(store: Store, row: LbRow): void {
  setProvisioning(store, row.id, 'PENDING_DELETE');
  if (row.kind !== 'pool') return;
  for (const kind of ['member', 'healthmonitor'] as const)
    for (const child of objectsOfPool(store, kind, row.id)) setProvisioning(store, child.id, 'PENDING_DELETE');
  for (const listener of treeOf(store, row.load_balancer_id))
    if (listener.kind === 'listener' && listener.data.default_pool_id === row.id)
      updateData(store, listener.id, { ...listener.data, default_pool_id: null });
}
