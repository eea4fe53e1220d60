import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestCloud, type TestCloud } from '../testing/instance.ts';
import { adminTenant, makeTenant, type Tenant } from '../testing/tenant.ts';

let cloud: TestCloud;
let admin: Tenant;
let red: Tenant;
let blue: Tenant;

beforeAll(async () => {
  cloud = await startTestCloud('pns', 22);
  admin = await adminTenant(cloud);
  red = await makeTenant(cloud, 'red');
  blue = await makeTenant(cloud, 'blue');
});
afterAll(async () => await cloud?.purge());

interface Rule {
  readonly id: string;
  readonly direction: string;
  readonly ethertype: string;
  readonly remote_group_id: string | null;
}

describe('security groups', () => {
  it('have the default group, which lets its members in', async () => {
    const { security_groups } = (await red.neutron('GET', '/v2.0/security-groups')).body;
    expect(security_groups).toHaveLength(1);
    const [group] = security_groups;
    expect(group).toMatchObject({ name: 'default', project_id: red.projectId, stateful: true, tags: [] });
    const brief = (rule: Rule) => [rule.direction, rule.ethertype, rule.remote_group_id];
    expect(group.security_group_rules.map(brief)).toEqual([
      ['egress', 'IPv4', null],
      ['ingress', 'IPv4', group.id],
      ['egress', 'IPv6', null],
      ['ingress', 'IPv6', group.id],
    ]);
    const refused = await red.neutron('DELETE', `/v2.0/security-groups/${group.id}`);
    expect([refused.status, refused.body.NeutronError.type]).toEqual([409, 'SecurityGroupCannotRemoveDefault']);
    const second = await red.neutron('POST', '/v2.0/security-groups', { security_group: { name: 'Default' } });
    expect([second.status, second.body.NeutronError.type]).toEqual([409, 'SecurityGroupDefaultAlreadyExists']);
    expect((await blue.neutron('GET', `/v2.0/security-groups/${group.id}`)).body.NeutronError).toMatchObject({
      type: 'SecurityGroupNotFound',
      message: `Security group ${group.id} does not exist`,
    });
  });

  it('begin with egress, take rules, and take along what names them', async () => {
    const group = await red.make('security_group', { name: 'web', description: 'd' });
    expect(group.security_group_rules.map((rule: Rule) => rule.direction)).toEqual(['egress', 'egress']);
    const user = await red.make('security_group', { name: 'user' });
    const rule = await red.make('security_group_rule', {
      security_group_id: user.id,
      direction: 'ingress',
      protocol: 'tcp',
      port_range_min: 80,
      port_range_max: 90,
      remote_group_id: group.id,
      description: 'web',
    });
    expect(rule).toMatchObject({
      ethertype: 'IPv4',
      protocol: 'tcp',
      port_range_min: 80,
      port_range_max: 90,
      remote_group_id: group.id,
      remote_ip_prefix: null,
      normalized_cidr: null,
      description: 'web',
      project_id: red.projectId,
    });
    const list = async (query: string) =>
      (await red.neutron('GET', `/v2.0/security-group-rules?security_group_id=${user.id}${query}`)).body
        .security_group_rules;
    expect(await list('')).toHaveLength(3);
    expect(await list('&direction=ingress')).toEqual([rule]);
    expect((await blue.neutron('GET', `/v2.0/security-group-rules/${rule.id}`)).body.NeutronError.type).toBe(
      'SecurityGroupRuleNotFound',
    );
    const renamed = await red.neutron('PUT', `/v2.0/security-groups/${group.id}`, { security_group: { name: 'w' } });
    expect(renamed.body.security_group.name).toBe('w');
    expect((await red.neutron('DELETE', `/v2.0/security-groups/${group.id}`)).status).toBe(204);
    expect(await list('&direction=ingress')).toEqual([]);
    const [egress] = await list('');
    expect((await red.neutron('DELETE', `/v2.0/security-group-rules/${egress.id}`)).status).toBe(204);
    expect((await red.neutron('DELETE', `/v2.0/security-group-rules/${egress.id}`)).status).toBe(404);
    await red.neutron('DELETE', `/v2.0/security-groups/${user.id}`);
  });

  it('refuse rules that say nothing, too much, or the same again', async () => {
    const group = await red.make('security_group', { name: 'g' });
    const other = await blue.make('security_group', { name: 'theirs' });
    const post = async (fields: object) => {
      const answer = await red.neutron('POST', '/v2.0/security-group-rules', {
        security_group_rule: { security_group_id: group.id, direction: 'ingress', ...fields },
      });
      return answer.status === 201 ? 201 : [answer.status, answer.body.NeutronError.type];
    };
    expect(await post({ protocol: 'tcp', port_range_min: 22, port_range_max: 22 })).toBe(201);
    const again = { protocol: '6', port_range_min: 22, port_range_max: 22, remote_ip_prefix: '0.0.0.0/0' };
    expect(await post(again)).toEqual([409, 'SecurityGroupRuleExists']);
    expect(await post({ protocol: 'tcp', port_range_min: 30, port_range_max: 20 })).toEqual([
      400,
      'SecurityGroupInvalidPortRange',
    ]);
    expect(await post({ protocol: 'tcp', port_range_min: 0, port_range_max: 20 })).toEqual([
      400,
      'SecurityGroupInvalidPortValue',
    ]);
    expect(await post({ protocol: 'tcp', port_range_min: 1, port_range_max: 70_000 })).toEqual([
      400,
      'SecurityGroupInvalidPortValue',
    ]);
    expect(await post({ port_range_min: 1, port_range_max: 2 })).toEqual([
      400,
      'SecurityGroupProtocolRequiredWithPorts',
    ]);
    expect(await post({ protocol: 'gre', port_range_min: 1, port_range_max: 2 })).toEqual([
      400,
      'SecurityGroupInvalidProtocolForPort',
    ]);
    expect(await post({ protocol: 'icmp', port_range_max: 2 })).toEqual([400, 'SecurityGroupMissingIcmpType']);
    expect(await post({ protocol: 'icmp', port_range_min: 8, port_range_max: 300 })).toEqual([
      400,
      'SecurityGroupInvalidIcmpValue',
    ]);
    expect(await post({ protocol: 'quic' })).toEqual([400, 'SecurityGroupRuleInvalidProtocol']);
    expect(await post({ protocol: 'ipv6-icmp' })).toEqual([400, 'SecurityGroupEthertypeConflictWithProtocol']);
    expect(await post({ direction: 'sideways' })).toEqual([400, 'HTTPBadRequest']);
    expect(await post({ ethertype: 'IPv5' })).toEqual([400, 'SecurityGroupRuleInvalidEtherType']);
    expect(await post({ remote_ip_prefix: 'here' })).toEqual([400, 'InvalidCIDR']);
    expect(await post({ remote_ip_prefix: 'fd00::/8' })).toEqual([400, 'SecurityGroupRuleParameterConflict']);
    const two = { remote_ip_prefix: '10.0.0.0/8', remote_group_id: group.id };
    expect(await post(two)).toEqual([400, 'SecurityGroupMultipleRemoteEntites']);
    expect(await post({ remote_group_id: other.id })).toEqual([404, 'SecurityGroupNotFound']);
    expect(await post({ security_group_id: other.id })).toEqual([404, 'SecurityGroupNotFound']);
    // Clients' spellings that are not wrong.
    expect(await post({ protocol: 'any', remote_ip_prefix: '10.1.2.3' })).toBe(201);
    expect(await post({ ethertype: 'ipv6', protocol: 'icmp', remote_ip_prefix: 'fd00::/8' })).toBe(201);
    expect(await post({ protocol: 'TCP', port_range_min: 1, port_range_max: 65_535 })).toBe(201);
    const { security_group_rules } = (
      await red.neutron('GET', `/v2.0/security-group-rules?security_group_id=${group.id}&direction=ingress`)
    ).body;
    expect(security_group_rules.slice(1)).toMatchObject([
      { protocol: null, remote_ip_prefix: '10.1.2.3/32', normalized_cidr: '10.1.2.3/32' },
      { ethertype: 'IPv6', protocol: 'ipv6-icmp', remote_ip_prefix: 'fd00::/8' },
      { protocol: 'tcp', port_range_min: null, port_range_max: null },
    ]);
    await red.neutron('DELETE', `/v2.0/security-groups/${group.id}`);
  });

  it('create many rules in one request, or none', async () => {
    const group = await red.make('security_group', { name: 'g' });
    const rule = (port: number) => ({
      security_group_id: group.id,
      direction: 'ingress',
      protocol: 'tcp',
      port_range_min: port,
      port_range_max: port,
    });
    const post = async (ports: readonly number[]) =>
      await red.neutron('POST', '/v2.0/security-group-rules', { security_group_rules: ports.map(rule) });
    expect((await post([1, 2, 3])).body.security_group_rules).toHaveLength(3);
    expect((await post([4, 5, 5])).status).toBe(409);
    const { security_group } = (await red.neutron('GET', `/v2.0/security-groups/${group.id}`)).body;
    expect(security_group.security_group_rules).toHaveLength(5);
    await red.neutron('DELETE', `/v2.0/security-groups/${group.id}`);
  });
});

describe('tags', () => {
  it('are replaced, added, removed and asked for, on every kind of object', async () => {
    const network = await red.make('network', { name: 'n' });
    const path = `/v2.0/networks/${network.id}/tags`;
    const set = await red.neutron('PUT', path, { tags: ['blue', 'green'] });
    expect([set.status, set.body]).toEqual([200, { tags: ['blue', 'green'] }]);
    expect((await red.neutron('PUT', `${path}/red`)).status).toBe(201);
    expect((await red.neutron('GET', `${path}/red`)).status).toBe(204);
    expect((await red.neutron('DELETE', `${path}/blue`)).status).toBe(204);
    expect((await red.neutron('DELETE', `${path}/blue`)).body.NeutronError.type).toBe('TagNotFound');
    expect((await red.neutron('GET', path)).body).toEqual({ tags: ['green', 'red'] });
    expect((await red.neutron('GET', '/v2.0/networks?tags=red,green')).body.networks).toHaveLength(1);
    expect((await red.neutron('GET', '/v2.0/networks?tags=red,blue')).body.networks).toEqual([]);
    expect((await blue.neutron('PUT', path, { tags: [] })).body.NeutronError.type).toBe('TagResourceNotFound');
    expect((await red.neutron('PUT', path, { tags: ['a', 'a'] })).status).toBe(400);
    expect((await red.neutron('PUT', path, {})).status).toBe(400);
    expect((await red.neutron('DELETE', path)).status).toBe(204);
    expect((await red.neutron('GET', `/v2.0/networks/${network.id}`)).body.network.tags).toEqual([]);
    const group = await red.make('security_group', { name: 'g' });
    const router = await red.make('router', { name: 'r' });
    for (const [plural, object] of [
      ['security-groups', group],
      ['routers', router],
    ] as const) {
      expect((await red.neutron('PUT', `/v2.0/${plural}/${object.id}/tags`, { tags: ['t'] })).status).toBe(200);
      const list = (await red.neutron('GET', `/v2.0/${plural}?tags=t`)).body[plural.replace('-', '_')];
      expect(list).toHaveLength(1);
      expect((await red.neutron('DELETE', `/v2.0/${plural}/${object.id}`)).status).toBe(204);
    }
    await red.neutron('DELETE', `/v2.0/networks/${network.id}`);
  });
});

describe('quotas', () => {
  it('limit each kind; only the administrator changes them', async () => {
    const path = `/v2.0/quotas/${red.projectId}`;
    expect((await red.neutron('GET', path)).body.quota).toMatchObject({ network: 100, security_group: 10, port: 500 });
    expect((await red.neutron('PUT', path, { quota: { network: 1 } })).status).toBe(403);
    expect((await blue.neutron('GET', path)).status).toBe(403);
    expect((await admin.neutron('PUT', path, { quota: { network: 1, subnet: -1 } })).body.quota).toMatchObject({
      network: 1,
      subnet: -1,
      port: 500,
    });
    expect((await admin.neutron('PUT', path, { quota: { nets: 1 } })).status).toBe(400);
    expect((await admin.neutron('PUT', path, { quota: { network: -2 } })).status).toBe(400);
    const network = await red.make('network', { name: 'n' });
    const over = await red.neutron('POST', '/v2.0/networks', { network: { name: 'm' } });
    expect([over.status, over.body.NeutronError]).toEqual([
      409,
      { type: 'OverQuota', message: "Quota exceeded for resources: ['network'].", detail: '' },
    ]);
    expect((await red.neutron('GET', `${path}/details.json`)).body.quota.network).toEqual({
      limit: 1,
      used: 1,
      reserved: 0,
    });
    expect((await admin.neutron('GET', '/v2.0/quotas')).body.quotas).toMatchObject([
      { project_id: red.projectId, network: 1 },
    ]);
    expect((await admin.neutron('DELETE', path)).status).toBe(204);
    expect((await red.neutron('GET', path)).body.quota.network).toBe(100);
    expect((await red.neutron('GET', `${path}/default`)).body.quota.network).toBe(100);
    await red.neutron('DELETE', `/v2.0/networks/${network.id}`);
  });
});
