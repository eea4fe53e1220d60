import {
  type ApiRequest,
  accepted,
  badRequest,
  bodyObject,
  canSee,
  created,
  forbidden,
  isObject,
  type JsonObject,
  listPage,
  noContent,
  notFound,
  ok,
  optionalArray,
  type Route,
  route,
  selectFields,
} from '../http/index.ts';
import type { ServiceContext } from '../service.ts';
import { newId } from '../store/index.ts';
import { type Kind, readFields } from './fields.ts';
import { flavorFor, flavorRoutes } from './flavors.ts';
import type { LoadBalancerController } from './load-balancer-controller.ts';
import type { VipNetworking } from './networking.ts';
import {
  insertObject,
  type LbRow,
  nodePortsKey,
  objectById,
  objectsOfKind,
  objectsOfPool,
  setProvisioning,
  treeOf,
  updateData,
} from './rows.ts';
import {
  addListener,
  addMember,
  addMonitor,
  addPool,
  beginChange,
  checkListener,
  checkMonitor,
  markDeleted,
  markParents,
  poolIn,
  titles,
  unsupported,
} from './tree.ts';
import { show, statusTree } from './view.ts';

const plurals: Readonly<Record<Kind, string>> = {
  loadbalancer: 'loadbalancers',
  listener: 'listeners',
  pool: 'pools',
  member: 'members',
  healthmonitor: 'healthmonitors',
};

/** Load balancer API v2: https://docs.openstack.org/api-ref/load-balancer/v2/ Every path stands below /v2.0/lbaas and /v2/lbaas. */
export function octaviaRoutes(
  context: ServiceContext,
  networking: VipNetworking,
  controller: LoadBalancerController,
): readonly Route[] {
  const { store } = context;

  const visible = (request: ApiRequest, kind: Kind, id: string): LbRow => {
    const row = objectById(store, kind, id);
    if (row === undefined) throw notFound(`${titles[kind]} ${id} not found.`);
    // Octavia tells that it is somebody else's.
    if (!canSee(request.caller, row.project_id)) throw forbidden('Policy does not allow this request to be performed.');
    return row;
  };
  const visiblePool = (request: ApiRequest): LbRow => visible(request, 'pool', request.params.pool ?? '');
  const visibleMember = (request: ApiRequest): LbRow => {
    const pool = visiblePool(request);
    const member = visible(request, 'member', request.params.id ?? '');
    if (member.pool_id !== pool.id) throw notFound(`Member ${member.id} not found.`);
    return member;
  };
  const visibleParent = (request: ApiRequest, kind: Kind, id: unknown, field: string): LbRow => {
    if (typeof id !== 'string') throw badRequest(`Mandatory field missing. Field: '${field}'.`);
    return visible(request, kind, id);
  };
  const shown = (row: LbRow): Record<string, unknown> => show(store, objectById(store, row.kind, row.id) ?? row);
  const one = (kind: Kind, row: LbRow): Record<string, unknown> => ({ [kind]: shown(row) });
  // One transaction per change, then the controller hears of it.
  const change = (loadBalancerId: string, work: () => LbRow | undefined): LbRow | undefined => {
    const row = store.transaction((): LbRow | undefined => {
      beginChange(store, loadBalancerId);
      const changed = work();
      if (changed !== undefined) markParents(store, changed);
      return changed;
    });
    controller.enqueue(loadBalancerId);
    return row;
  };
  const list = (request: ApiRequest, kind: Kind, rows: readonly LbRow[]): Record<string, unknown> => {
    const items = rows.filter((row) => canSee(request.caller, row.project_id)).map(shown);
    const text = (key: string) => (item: Record<string, unknown>) => item[key] as string;
    const loadBalancersOf = (item: Record<string, unknown>): readonly string[] =>
      ((item.loadbalancers ?? []) as readonly { readonly id: string }[]).map(({ id }) => id);
    const keys = ['id', 'name', 'project_id', 'provisioning_status', 'operating_status', 'protocol', 'vip_address'];
    const more = [
      'vip_port_id',
      'vip_subnet_id',
      'vip_network_id',
      'provider',
      'protocol_port',
      'address',
      'type',
      'tags',
    ];
    const page = listPage(request, items, {
      idOf: text('id'),
      filters: {
        ...Object.fromEntries([...keys, ...more].map((key) => [key, text(key)])),
        loadbalancer_id: loadBalancersOf,
        load_balancer_id: loadBalancersOf,
      },
      sortKeys: { id: text('id'), name: text('name'), created_at: text('created_at') },
    });
    const links = page.next === undefined ? [] : [{ rel: 'next', href: page.next }];
    return {
      [plurals[kind]]: page.items.map((item) => selectFields(request.query, item)),
      [`${plurals[kind]}_links`]: links,
    };
  };
  const update = (request: ApiRequest, row: LbRow): LbRow => {
    const fields = readFields(row.kind, bodyObject(request.body, row.kind), 'update');
    if (row.kind === 'listener') checkListener(fields);
    if (row.kind === 'healthmonitor') checkMonitor(fields);
    change(row.load_balancer_id, () => {
      if (typeof fields.default_pool_id === 'string') poolIn(store, row.load_balancer_id, fields.default_pool_id);
      updateData(store, row.id, { ...row.data, ...fields });
      setProvisioning(store, row.id, 'PENDING_UPDATE');
      return row;
    });
    return row;
  };
  const remove = (row: LbRow): void => {
    change(row.load_balancer_id, () => {
      markDeleted(store, row);
      return row;
    });
  };

  const createLoadBalancer = (request: ApiRequest): LbRow => {
    const body = bodyObject(request.body, 'loadbalancer');
    const data = readFields('loadbalancer', body, 'create', ['listeners', 'pools', 'additional_vips', 'vip_vnic_type']);
    if ((optionalArray(body, 'additional_vips') ?? []).length > 0) throw unsupported('additional_vips');
    if (!['octavia', 'amphora', 'pocket'].includes(String(data.provider)))
      throw badRequest(`Provider '${String(data.provider)}' is not enabled.`);
    const flavor = flavorFor(data.flavor_id);
    const wanted = body.project_id ?? body.tenant_id;
    if (typeof wanted === 'string' && wanted !== request.caller.projectId && !request.caller.isAdmin)
      throw forbidden('Policy does not allow this request to be performed.');
    const projectId = typeof wanted === 'string' ? wanted : request.caller.projectId;
    const id = newId();
    const row = store.transaction((): LbRow => {
      const text = (key: string): string | undefined => (typeof data[key] === 'string' ? data[key] : undefined);
      const [portId, subnetId, networkId, address] = [
        'vip_port_id',
        'vip_subnet_id',
        'vip_network_id',
        'vip_address',
      ].map(text);
      if (portId === undefined && subnetId === undefined && networkId === undefined)
        throw badRequest('Validation failure: VIP must contain one of: vip_port_id, vip_network_id, vip_subnet_id.');
      const vip = networking.createVipPort({
        projectId,
        loadBalancerId: id,
        ...(portId === undefined ? {} : { portId }),
        ...(subnetId === undefined ? {} : { subnetId }),
        ...(networkId === undefined ? {} : { networkId }),
        ...(address === undefined ? {} : { address }),
      });
      const loadBalancer = insertObject(store, {
        id,
        kind: 'loadbalancer',
        project_id: projectId,
        pool_id: null,
        data: {
          ...data,
          vip_address: vip.address,
          vip_port_id: vip.portId,
          vip_subnet_id: vip.subnetId,
          vip_network_id: vip.networkId,
          ...(flavor.topology === 'ACTIVE_STANDBY'
            ? { [nodePortsKey]: networking.createNodePorts({ loadBalancerId: id, vip, count: 2 }) }
            : {}),
        },
      });
      addDeclared(loadBalancer, body);
      return loadBalancer;
    });
    controller.enqueue(id);
    return row;
  };
  // A request may bring the whole tree; pools of the top level can be named by listeners of the same request.
  const addDeclared = (loadBalancer: LbRow, body: JsonObject): void => {
    const byName = new Map<string, LbRow>();
    for (const pool of optionalArray(body, 'pools') ?? []) {
      const row = addPool(store, loadBalancer, isObject(pool) ? pool : {}, networking);
      byName.set(String(row.data.name), row);
    }
    for (const listener of optionalArray(body, 'listeners') ?? []) {
      const wanted = isObject(listener) ? listener : {};
      const { default_pool: pool, ...rest } = wanted;
      const named = isObject(pool) && Object.keys(pool).length === 1 ? byName.get(String(pool.name)) : undefined;
      addListener(
        store,
        loadBalancer,
        named === undefined ? wanted : { ...rest, default_pool_id: named.id },
        networking,
      );
    }
  };
  const deleteLoadBalancer = (request: ApiRequest): void => {
    const row = visible(request, 'loadbalancer', request.params.id ?? '');
    const cascade = request.query.get('cascade')?.toLowerCase() === 'true';
    store.transaction(() => {
      if (!cascade && treeOf(store, row.id).length > 1)
        throw badRequest(`Validation failure: Cannot delete Load Balancer ${row.id} - it has children`);
      beginChange(store, row.id, true);
      return undefined;
    });
    controller.enqueue(row.id);
  };
  const batchMembers = (request: ApiRequest): void => {
    const pool = visiblePool(request);
    const wanted = (optionalArray(isObject(request.body) ? request.body : {}, 'members') ?? []).map((member) =>
      isObject(member) ? member : {},
    );
    const key = (address: unknown, port: unknown): string => `${String(address)}:${String(port)}`;
    change(pool.load_balancer_id, () => {
      const old = new Map(
        objectsOfPool(store, 'member', pool.id).map((row) => [key(row.data.address, row.data.protocol_port), row]),
      );
      for (const body of wanted) {
        const row = old.get(key(body.address, body.protocol_port));
        old.delete(key(body.address, body.protocol_port));
        if (row === undefined) {
          addMember(store, pool, body, networking);
          continue;
        }
        const { address: _address, protocol_port: _port, subnet_id: _subnet, ...changes } = body;
        updateData(store, row.id, { ...row.data, ...readFields('member', changes, 'update') });
        setProvisioning(store, row.id, 'PENDING_UPDATE');
      }
      if (request.query.get('additive_only')?.toLowerCase() !== 'true')
        for (const row of old.values()) markDeleted(store, row);
      return pool;
    });
  };
  const statistics = async (loadBalancerId: string, listenerId?: string) => {
    const seen = await controller.engine.statistics(loadBalancerId);
    const listeners = (seen?.listeners ?? []).filter(
      (item) => listenerId === undefined || item.listenerId === listenerId,
    );
    const sum = (read: (item: (typeof listeners)[number]) => number): number =>
      listeners.reduce((total, item) => total + read(item), 0);
    return ok({
      stats: {
        active_connections: sum((item) => item.activeConnections),
        bytes_in: sum((item) => item.bytesIn),
        bytes_out: sum((item) => item.bytesOut),
        request_errors: sum((item) => item.requestErrors),
        total_connections: sum((item) => item.totalConnections),
      },
    });
  };

  const table = (base: string): readonly Route[] => [
    route('GET', `${base}/loadbalancers`, (request) =>
      ok(list(request, 'loadbalancer', objectsOfKind(store, 'loadbalancer'))),
    ),
    route('POST', `${base}/loadbalancers`, (request) => created(one('loadbalancer', createLoadBalancer(request)))),
    route('GET', `${base}/loadbalancers/:id/status`, (request) =>
      ok(statusTree(store, visible(request, 'loadbalancer', request.params.id ?? ''))),
    ),
    route('GET', `${base}/loadbalancers/:id/stats`, async (request) =>
      statistics(visible(request, 'loadbalancer', request.params.id ?? '').id),
    ),
    route('GET', `${base}/listeners/:id/stats`, async (request) => {
      const row = visible(request, 'listener', request.params.id ?? '');
      return await statistics(row.load_balancer_id, row.id);
    }),
    route('DELETE', `${base}/loadbalancers/:id`, (request) => {
      deleteLoadBalancer(request);
      return noContent;
    }),
    ...(['loadbalancer', 'listener', 'pool', 'healthmonitor'] as const).flatMap((kind): readonly Route[] => {
      const path = `${base}/${plurals[kind]}/:id`;
      const found = (request: ApiRequest): LbRow => visible(request, kind, request.params.id ?? '');
      return [
        route('GET', path, (request) => ok({ [kind]: selectFields(request.query, shown(found(request))) })),
        route('PUT', path, (request) => ok(one(kind, update(request, found(request))))),
        ...(kind === 'loadbalancer'
          ? []
          : [
              route('GET', `${base}/${plurals[kind]}`, (request) =>
                ok(list(request, kind, objectsOfKind(store, kind))),
              ),
              route('DELETE', path, (request) => {
                remove(found(request));
                return noContent;
              }),
            ]),
      ];
    }),
    route('POST', `${base}/listeners`, (request) => {
      const body = bodyObject(request.body, 'listener');
      const parent = visibleParent(request, 'loadbalancer', body.loadbalancer_id, 'loadbalancer_id');
      return created(one('listener', change(parent.id, () => addListener(store, parent, body, networking)) ?? parent));
    }),
    route('POST', `${base}/pools`, (request) => {
      const body = bodyObject(request.body, 'pool');
      const listener =
        body.listener_id === undefined || body.listener_id === null
          ? undefined
          : visibleParent(request, 'listener', body.listener_id, 'listener_id');
      const id = listener?.load_balancer_id ?? body.loadbalancer_id;
      const parent = visibleParent(request, 'loadbalancer', id, 'loadbalancer_id');
      const row = change(parent.id, () => addPool(store, parent, body, networking, listener));
      return created(one('pool', row ?? parent));
    }),
    route('POST', `${base}/healthmonitors`, (request) => {
      const body = bodyObject(request.body, 'healthmonitor');
      const pool = visibleParent(request, 'pool', body.pool_id, 'pool_id');
      return created(one('healthmonitor', change(pool.load_balancer_id, () => addMonitor(store, pool, body)) ?? pool));
    }),
    route('GET', `${base}/pools/:pool/members`, (request) =>
      ok(list(request, 'member', objectsOfPool(store, 'member', visiblePool(request).id))),
    ),
    route('POST', `${base}/pools/:pool/members`, (request) => {
      const pool = visiblePool(request);
      const body = bodyObject(request.body, 'member');
      const row = change(pool.load_balancer_id, () => addMember(store, pool, body, networking));
      return created(one('member', row ?? pool));
    }),
    route('PUT', `${base}/pools/:pool/members`, (request) => {
      batchMembers(request);
      return accepted();
    }),
    route('GET', `${base}/pools/:pool/members/:id`, (request) => ok(one('member', visibleMember(request)))),
    route('PUT', `${base}/pools/:pool/members/:id`, (request) =>
      ok(one('member', update(request, visibleMember(request)))),
    ),
    route('DELETE', `${base}/pools/:pool/members/:id`, (request) => {
      remove(visibleMember(request));
      return noContent;
    }),
    route('GET', `${base}/providers`, () =>
      ok({
        providers: [
          { name: 'octavia', description: 'haproxy in a network namespace' },
          { name: 'amphora', description: 'The same, under the name that many clients ask for.' },
        ],
      }),
    ),
    // Layer 7 policies cannot be made here, so there are none to list.
    route('GET', `${base}/l7policies`, () => ok({ l7policies: [], l7policies_links: [] })),
    route('POST', `${base}/l7policies`, () => {
      throw unsupported('l7policies');
    }),
    ...flavorRoutes(base),
    route('GET', `${base}/availabilityzones`, () => ok({ availability_zones: [] })),
    route('GET', `${base}/quotas/defaults`, () => ok({ quota: unlimited })),
    route('GET', `${base}/quotas/:id`, () => ok({ quota: unlimited })),
  ];
  return [...table('/v2.0/lbaas'), ...table('/v2/lbaas')];
}

const unlimited = { load_balancer: -1, listener: -1, pool: -1, member: -1, health_monitor: -1 };
