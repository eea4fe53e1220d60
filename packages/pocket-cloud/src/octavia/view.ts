import type { Store } from '../store/index.ts';
import type { Kind } from './fields.ts';
import { type LbRow, nodePortsKey, treeOf } from './rows.ts';

const refs = (rows: readonly LbRow[]): readonly { readonly id: string }[] => rows.map(({ id }) => ({ id }));
const plainTime = (time: string | null): string | null => (time === null ? null : time.replace(/(\.\d+)?Z$/, ''));

/** An object as the API shows it. Source: https://docs.openstack.org/api-ref/load-balancer/v2/ */
export function show(store: Store, row: LbRow): Record<string, unknown> {
  const tree = treeOf(store, row.load_balancer_id);
  const of = (kind: Kind): readonly LbRow[] => tree.filter((other) => other.kind === kind);
  const { [nodePortsKey]: _hidden, ...visible } = row.data;
  const shared = {
    id: row.id,
    project_id: row.project_id,
    tenant_id: row.project_id,
    provisioning_status: row.provisioning_status,
    operating_status: row.operating_status,
    created_at: plainTime(row.created_at),
    updated_at: plainTime(row.updated_at),
    ...visible,
  };
  const loadbalancers = [{ id: row.load_balancer_id }];
  switch (row.kind) {
    case 'loadbalancer':
      return {
        ...shared,
        additional_vips: [],
        vip_vnic_type: 'normal',
        listeners: refs(of('listener')),
        pools: refs(of('pool')),
      };
    case 'listener':
      return {
        ...shared,
        loadbalancers,
        l7policies: [],
        client_authentication: 'NONE',
        client_ca_tls_container_ref: null,
        client_crl_container_ref: null,
        tls_ciphers: null,
        tls_versions: [],
        alpn_protocols: [],
      };
    case 'pool':
      return {
        ...shared,
        loadbalancers,
        listeners: refs(of('listener').filter((listener) => listener.data.default_pool_id === row.id)),
        members: refs(of('member').filter((member) => member.pool_id === row.id)),
        healthmonitor_id: of('healthmonitor').find((monitor) => monitor.pool_id === row.id)?.id ?? null,
        tls_enabled: false,
        tls_container_ref: null,
        ca_tls_container_ref: null,
        crl_container_ref: null,
        tls_ciphers: null,
        tls_versions: [],
        alpn_protocols: [],
      };
    case 'member':
      return shared;
    case 'healthmonitor':
      return { ...shared, pools: [{ id: row.pool_id }], http_version: null };
  }
}

/** The status tree of one load balancer. */
export function statusTree(store: Store, loadBalancer: LbRow): Record<string, unknown> {
  const tree = treeOf(store, loadBalancer.id);
  const brief = (row: LbRow): Record<string, unknown> => ({
    id: row.id,
    name: row.data.name,
    provisioning_status: row.provisioning_status,
    operating_status: row.operating_status,
  });
  const pool = (row: LbRow): Record<string, unknown> => {
    const monitor = tree.find((other) => other.kind === 'healthmonitor' && other.pool_id === row.id);
    return {
      ...brief(row),
      ...(monitor === undefined ? {} : { healthmonitor: { ...brief(monitor), type: monitor.data.type } }),
      members: tree
        .filter((other) => other.kind === 'member' && other.pool_id === row.id)
        .map((member) => ({
          ...brief(member),
          address: member.data.address,
          protocol_port: member.data.protocol_port,
        })),
    };
  };
  const pools = tree.filter((row) => row.kind === 'pool');
  return {
    statuses: {
      loadbalancer: {
        ...brief(loadBalancer),
        listeners: tree
          .filter((row) => row.kind === 'listener')
          .map((listener) => ({
            ...brief(listener),
            pools: pools.filter((row) => row.id === listener.data.default_pool_id).map(pool),
          })),
        pools: pools.map(pool),
      },
    },
  };
}
