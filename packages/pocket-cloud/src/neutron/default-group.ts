import type { NeutronCore } from './core.ts';
import type { SecurityGroupRow } from './rows.ts';

/** The project's security group `default`, made when first asked for: lets everything out, and in from members of the same group. */
export function ensureDefaultGroup(core: NeutronCore, projectId: string): SecurityGroupRow {
  const known = core.groups.list().find((row) => row.project_id === projectId && row.name === 'default');
  if (known !== undefined) return known;
  return core.store.transaction(() => {
    const group = core.groups.insert({
      project_id: projectId,
      name: 'default',
      description: 'Default security group',
    });
    for (const ethertype of ['IPv4', 'IPv6'] as const) {
      insertRule(core, group, { direction: 'egress', ethertype, remote_group_id: null });
      insertRule(core, group, { direction: 'ingress', ethertype, remote_group_id: group.id });
    }
    return group;
  });
}

/** The rules of every new group: everything may go out. */
export function insertEgressRules(core: NeutronCore, group: SecurityGroupRow): void {
  for (const ethertype of ['IPv4', 'IPv6'] as const)
    insertRule(core, group, { direction: 'egress', ethertype, remote_group_id: null });
}

function insertRule(
  core: NeutronCore,
  group: SecurityGroupRow,
  rule: {
    readonly direction: 'ingress' | 'egress';
    readonly ethertype: 'IPv4' | 'IPv6';
    readonly remote_group_id: string | null;
  },
): void {
  core.rules.insert({
    project_id: group.project_id,
    security_group_id: group.id,
    protocol: null,
    port_range_min: null,
    port_range_max: null,
    remote_ip_prefix: null,
    ...rule,
  });
}
