import type { PocketCloudConfig } from '../config.ts';
import { type ApiRequest, badRequest, type Caller, canSee, conflict, forbidden, notFound } from '../http/index.ts';
import type { Store } from '../store/index.ts';
import type {
  Common,
  FloatingIpRow,
  NetworkRow,
  PortRow,
  RouterRow,
  SecurityGroupRow,
  SecurityGroupRuleRow,
  SubnetPoolRow,
  SubnetRow,
} from './rows.ts';
import { createTable, type Table } from './table.ts';

/** What the resource files of Neutron share: tables and the way to the data plane. */
export interface NeutronCore {
  readonly store: Store;
  readonly config: PocketCloudConfig;
  readonly networks: Table<NetworkRow>;
  readonly subnets: Table<SubnetRow>;
  readonly subnetPools: Table<SubnetPoolRow>;
  readonly ports: Table<PortRow>;
  readonly routers: Table<RouterRow>;
  readonly groups: Table<SecurityGroupRow>;
  readonly rules: Table<SecurityGroupRuleRow>;
  readonly floatingIps: Table<FloatingIpRow>;
  /** Rows changed: the data plane follows. Resolves when the kernel has what the rows say now; callers that only answer a request need not wait. */
  changed(): Promise<ReadonlyMap<string, string>>;
  /** `object key → reason` of what the data plane could not do in its last run, e.g. `router:<id>`. */
  failures(): ReadonlyMap<string, string>;
}

export function createCore(
  store: Store,
  config: PocketCloudConfig,
  plane: Pick<NeutronCore, 'changed' | 'failures'>,
): NeutronCore {
  return {
    store,
    config,
    networks: createTable<NetworkRow>(store, 'network'),
    subnets: createTable<SubnetRow>(store, 'subnet'),
    subnetPools: createTable<SubnetPoolRow>(store, 'subnet-pool'),
    ports: createTable<PortRow>(store, 'port'),
    routers: createTable<RouterRow>(store, 'router'),
    groups: createTable<SecurityGroupRow>(store, 'security-group'),
    rules: createTable<SecurityGroupRuleRow>(store, 'security-group-rule'),
    floatingIps: createTable<FloatingIpRow>(store, 'floating-ip'),
    ...plane,
  };
}

/** Shared and external networks are everybody's to see. */
export function canSeeNetwork(caller: Caller, network: NetworkRow): boolean {
  return network.shared || network.external || canSee(caller, network.project_id);
}

/** The row, if the caller may see it; otherwise the same 404 as for an absent one, in Neutron's words. */
export function visible<T extends Common>(caller: Caller, table: Table<T>, id: string, kind: string): T {
  const row = table.get(id);
  if (row === undefined || !canSee(caller, row.project_id)) throw absent(kind, id);
  return row;
}

export function visibleNetwork(core: NeutronCore, caller: Caller, id: string): NetworkRow {
  const row = core.networks.get(id);
  if (row === undefined || !canSeeNetwork(caller, row)) throw absent('Network', id);
  return row;
}

/** `Port 123 could not be found.`, type `PortNotFound`: words of neutron_lib/exceptions and neutron/extensions. */
export function absent(kind: string, id: string): Error {
  const known: Readonly<Record<string, string>> = {
    SecurityGroup: `Security group ${id} does not exist`,
    SecurityGroupRule: `Security group rule ${id} does not exist`,
    FloatingIP: `Floating IP ${id} could not be found`,
    Router: `Router ${id} could not be found`,
  };
  return notFound(known[kind] ?? `${kind} ${id} could not be found.`, `${kind}NotFound`);
}

/** Project of a new object: the caller's, or another one that an admin names. */
export function projectFor(request: Pick<ApiRequest, 'caller'>, body: Readonly<Record<string, unknown>>): string {
  const named = body.project_id ?? body.tenant_id;
  if (typeof named !== 'string' || named === '' || named === request.caller.projectId) return request.caller.projectId;
  if (!request.caller.isAdmin)
    throw badRequest(
      "Specifying 'project_id' or 'tenant_id' other than the authenticated project in request requires admin or advsvc privileges",
    );
  return named;
}

/** 403 as Neutron's policy engine words it, for attributes that only an administrator may set. */
export function onlyAdmin(caller: Pick<Caller, 'isAdmin'>, wanted: boolean, action: string, attribute: string): void {
  if (wanted && !caller.isAdmin)
    throw forbidden(`(rule:${action} and rule:${action}:${attribute}) is disallowed by policy`, 'PolicyNotAuthorized');
}

export type QuotaResource =
  | 'network'
  | 'subnet'
  | 'port'
  | 'router'
  | 'floatingip'
  | 'security_group'
  | 'security_group_rule';

/** Neutron's own defaults (neutron/conf/quota.py and extensions), -1 = unlimited. */
export const defaultQuotas: Readonly<Record<QuotaResource, number>> = {
  network: 100,
  subnet: 100,
  port: 500,
  router: 10,
  floatingip: 50,
  security_group: 10,
  security_group_rule: 100,
};

export function quotaOf(core: Pick<NeutronCore, 'store'>, projectId: string, resource: QuotaResource): number {
  const row = core.store.get<{ quota: number }>(
    'select quota from neutron_quota where project_id = ? and resource = ?',
    projectId,
    resource,
  );
  return row?.quota ?? defaultQuotas[resource];
}

/** 409 OverQuota when one more object of that kind is too much for the project. Call inside the creating transaction. */
export function checkQuota(core: NeutronCore, projectId: string, resource: QuotaResource, more = 1): void {
  const quota = quotaOf(core, projectId, resource);
  if (quota < 0) return;
  if (usedOf(core, projectId, resource) + more > quota)
    throw conflict(`Quota exceeded for resources: ['${resource}'].`, 'OverQuota');
}

export function usedOf(core: NeutronCore, projectId: string, resource: QuotaResource): number {
  const tables: Readonly<Record<QuotaResource, Table<Common>>> = {
    network: core.networks as unknown as Table<Common>,
    subnet: core.subnets as unknown as Table<Common>,
    port: core.ports as unknown as Table<Common>,
    router: core.routers as unknown as Table<Common>,
    floatingip: core.floatingIps as unknown as Table<Common>,
    security_group: core.groups as unknown as Table<Common>,
    security_group_rule: core.rules as unknown as Table<Common>,
  };
  return tables[resource].list().filter((row) => row.project_id === projectId).length;
}
