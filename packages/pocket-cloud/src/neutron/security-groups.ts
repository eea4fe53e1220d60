import {
  type ApiReply,
  type ApiRequest,
  canSee,
  conflict,
  created,
  noContent,
  optionalBoolean,
  optionalString,
  type Route,
  route,
} from '../http/index.ts';
import { checkQuota, type NeutronCore, projectFor, visible } from './core.ts';
import { ensureDefaultGroup, insertEgressRules } from './default-group.ts';
import { bodies, changesOf, listReply, showReply, type View } from './query.ts';
import type { SecurityGroupRow } from './rows.ts';
import { ruleView } from './security-group-rules.ts';

/** Source: neutron/db/securitygroups_db.py and neutron/extensions/securitygroup.py. */
export function securityGroupRoutes(core: NeutronCore): readonly Route[] {
  const find = (request: ApiRequest): SecurityGroupRow =>
    visible(request.caller, core.groups, request.params.id ?? '', 'SecurityGroup');
  return [
    route('GET', '/v2.0/security-groups', (request) => {
      // A project meets its default group by looking for it.
      ensureDefaultGroup(core, request.caller.projectId);
      return listReply(
        request,
        'security_groups',
        core.groups
          .list()
          .filter((row) => canSee(request.caller, row.project_id))
          .map((row) => groupView(core, row)),
      );
    }),
    route('POST', '/v2.0/security-groups', (request) => create(core, request)),
    route('GET', '/v2.0/security-groups/:id', (request) =>
      showReply(request, 'security_group', groupView(core, find(request))),
    ),
    route('PUT', '/v2.0/security-groups/:id', (request) => update(core, request, find(request))),
    route('DELETE', '/v2.0/security-groups/:id', (request) => remove(core, request, find(request))),
  ];
}

function groupView(core: NeutronCore, row: SecurityGroupRow): View {
  return {
    ...row,
    tenant_id: row.project_id,
    stateful: true,
    shared: false,
    security_group_rules: core.rules
      .list()
      .filter((rule) => rule.security_group_id === row.id)
      .map(ruleView),
  };
}

/** Connection tracking is what this cloud's filter is made of. */
function refuseStateless(body: View): void {
  if (optionalBoolean(body, 'stateful') === false)
    throw conflict(
      'Error This cloud has no stateless security groups while attempting the operation.',
      'SecurityGroupConflict',
    );
}

function create(core: NeutronCore, request: ApiRequest): ApiReply {
  const { items, bulk } = bodies(request.body, 'security_group', 'security_groups');
  const rows = core.store.transaction(() =>
    items.map((body) => {
      refuseStateless(body);
      const name = nameOf(body) ?? '';
      const projectId = projectFor(request, body);
      ensureDefaultGroup(core, projectId);
      checkQuota(core, projectId, 'security_group');
      const row = core.groups.insert({
        project_id: projectId,
        name,
        description: optionalString(body, 'description') ?? '',
      });
      insertEgressRules(core, row);
      return row;
    }),
  );
  void core.changed();
  const views = rows.map((row) => groupView(core, row));
  return created(bulk ? { security_groups: views } : { security_group: views[0] });
}

function nameOf(body: View): string | undefined {
  const name = optionalString(body, 'name');
  if (name?.toLowerCase() === 'default')
    throw conflict('Default security group already exists.', 'SecurityGroupDefaultAlreadyExists');
  return name;
}

function update(core: NeutronCore, request: ApiRequest, row: SecurityGroupRow): ApiReply {
  const body = changesOf(request.body, 'security_group');
  refuseStateless(body);
  if (row.name === 'default' && body.name !== undefined)
    throw conflict('Updating default security group not allowed.', 'SecurityGroupCannotUpdateDefault');
  const changed = core.groups.update(row.id, {
    name: nameOf(body) ?? row.name,
    description: optionalString(body, 'description') ?? row.description,
  });
  return showReply(request, 'security_group', groupView(core, changed ?? row));
}

function remove(core: NeutronCore, request: ApiRequest, row: SecurityGroupRow): ApiReply {
  core.store.transaction(() => {
    if (core.ports.list().some((port) => port.security_groups.includes(row.id)))
      throw conflict(`Security Group ${row.id} in use.`, 'SecurityGroupInUse');
    if (row.name === 'default' && !request.caller.isAdmin)
      throw conflict('Insufficient rights for removing default security group.', 'SecurityGroupCannotRemoveDefault');
    for (const rule of core.rules.list())
      if (rule.security_group_id === row.id || rule.remote_group_id === row.id) core.rules.remove(rule.id);
    core.groups.remove(row.id);
  });
  void core.changed();
  return noContent;
}
