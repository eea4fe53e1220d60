import { createHash, generateKeyPairSync } from 'node:crypto';
import {
  type ApiRequest,
  accepted,
  badRequest,
  bodyObject,
  conflict,
  isObject,
  listPage,
  noContent,
  notFound,
  ok,
  optionalInteger,
  optionalString,
  type Route,
  requiredString,
  route,
} from '../http/index.ts';
import { newId, type Store, timestamp } from '../store/index.ts';
import { type FlavorRow, flavorById, type KeypairRow, type ServerRow } from './rows.ts';
import { minorVersion, showFlavor } from './views.ts';

export function flavorRoutes(store: Store): readonly Route[] {
  const find = (request: ApiRequest): FlavorRow => {
    const row = flavorById(store, request.params.id ?? '');
    if (row === undefined) throw notFound(`Flavor ${request.params.id} could not be found.`);
    return row;
  };
  const list = (request: ApiRequest, detail: boolean): ReturnType<typeof ok> => {
    const minRam = Number(request.query.get('minRam') ?? 0);
    const minDisk = Number(request.query.get('minDisk') ?? 0);
    const rows = store
      .all<FlavorRow>('select * from flavor order by ram, id')
      .filter((row) => row.ram >= minRam && row.disk >= minDisk);
    const page = listPage(request, rows, { idOf: (row) => row.id });
    return ok({
      flavors: page.items.map((row) => showFlavor(request, row, detail)),
      ...(page.next === undefined ? {} : { flavors_links: [{ rel: 'next', href: page.next }] }),
    });
  };
  return [
    route('GET', '/v2.1/flavors', (request) => list(request, false)),
    route('GET', '/v2.1/flavors/detail', (request) => list(request, true)),
    route('GET', '/v2.1/flavors/:id', (request) => ok({ flavor: showFlavor(request, find(request), true) })),
    route(
      'POST',
      '/v2.1/flavors',
      (request) => {
        const wanted = bodyObject(request.body, 'flavor');
        const name = requiredString(wanted, 'name');
        const given = optionalString(wanted, 'id');
        const id = given === undefined || given === 'auto' ? newId() : given;
        const ram = optionalInteger(wanted, 'ram', 1);
        const vcpus = optionalInteger(wanted, 'vcpus', 1);
        if (ram === undefined || vcpus === undefined)
          throw badRequest("Invalid input: 'ram' and 'vcpus' are required properties");
        if (store.get('select 1 from flavor where id = ? or name = ?', id, name) !== undefined)
          throw conflict(`Flavor with name ${name} already exists.`);
        store.run(
          'insert into flavor (id, name, vcpus, ram, disk) values (?, ?, ?, ?, ?)',
          id,
          name,
          vcpus,
          ram,
          optionalInteger(wanted, 'disk') ?? 0,
        );
        return ok({ flavor: showFlavor(request, flavorById(store, id) as FlavorRow, true) });
      },
      'admin',
    ),
    route(
      'DELETE',
      '/v2.1/flavors/:id',
      (request) => {
        store.run('delete from flavor where id = ?', find(request).id);
        return accepted();
      },
      'admin',
    ),
    route('GET', '/v2.1/flavors/:id/os-extra_specs', (request) =>
      ok({ extra_specs: JSON.parse(find(request).extra_specs) }),
    ),
    route(
      'POST',
      '/v2.1/flavors/:id/os-extra_specs',
      (request) => {
        const row = find(request);
        const specs = { ...JSON.parse(row.extra_specs), ...bodyObject(request.body, 'extra_specs') };
        store.run('update flavor set extra_specs = ? where id = ?', JSON.stringify(specs), row.id);
        return ok({ extra_specs: specs });
      },
      'admin',
    ),
  ];
}

const fingerprintOf = (publicKey: string): string => {
  const data = Buffer.from(publicKey.trim().split(/\s+/)[1] ?? '', 'base64');
  if (!/^(ssh-|ecdsa-|sk-)/.test(publicKey) || data.length < 16)
    throw badRequest('Keypair data is invalid: failed to generate fingerprint');
  return createHash('md5').update(data).digest('hex').match(/../g)?.join(':') ?? '';
};

/** An RSA key in the forms of OpenSSH: for clients that let Nova make the key. */
function newKeyPair(): { readonly publicKey: string; readonly privateKey: string } {
  const pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const jwk = pair.publicKey.export({ format: 'jwk' });
  const part = (data: Buffer): Buffer => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(data.length);
    return Buffer.concat([length, data]);
  };
  const unsigned = (text: string): Buffer => {
    const data = Buffer.from(text, 'base64url');
    return (data[0] ?? 0) >= 128 ? Buffer.concat([Buffer.from([0]), data]) : data;
  };
  const blob = Buffer.concat([part(Buffer.from('ssh-rsa')), part(unsigned(jwk.e ?? '')), part(unsigned(jwk.n ?? ''))]);
  return {
    publicKey: `ssh-rsa ${blob.toString('base64')} Generated-by-Nova`,
    privateKey: String(pair.privateKey.export({ type: 'pkcs1', format: 'pem' })),
  };
}

export function keypairRoutes(store: Store): readonly Route[] {
  const show = (row: KeypairRow): Record<string, unknown> => ({
    name: row.name,
    public_key: row.public_key,
    fingerprint: row.fingerprint,
    type: row.type,
  });
  const find = (request: ApiRequest): KeypairRow => {
    const row = store.get<KeypairRow>(
      'select * from keypair where user_id = ? and name = ?',
      request.caller.userId,
      request.params.name ?? '',
    );
    if (row === undefined) throw notFound(`Keypair ${request.params.name} not found for user ${request.caller.userId}`);
    return row;
  };
  return [
    route('GET', '/v2.1/os-keypairs', (request) =>
      ok({
        keypairs: store
          .all<KeypairRow>('select * from keypair where user_id = ? order by name', request.caller.userId)
          .map((row) => ({ keypair: show(row) })),
      }),
    ),
    route('GET', '/v2.1/os-keypairs/:name', (request) => {
      const row = find(request);
      return ok({
        keypair: {
          ...show(row),
          user_id: row.user_id,
          created_at: row.created_at,
          deleted: false,
          deleted_at: null,
          updated_at: null,
          id: 1,
        },
      });
    }),
    route('POST', '/v2.1/os-keypairs', (request) => {
      const wanted = bodyObject(request.body, 'keypair');
      const name = requiredString(wanted, 'name');
      if (!/^[\w \-@.]+$/.test(name))
        throw badRequest("An invalid 'name' value was provided. Only letters, digits, spaces and _-@. are allowed.");
      if (store.get('select 1 from keypair where user_id = ? and name = ?', request.caller.userId, name) !== undefined)
        throw conflict(`Key pair '${name}' already exists.`);
      const given = optionalString(wanted, 'public_key', 65_536);
      const made = given === undefined ? newKeyPair() : undefined;
      const publicKey = given ?? made?.publicKey ?? '';
      const row: KeypairRow = {
        user_id: request.caller.userId,
        name,
        type: optionalString(wanted, 'type') ?? 'ssh',
        public_key: publicKey,
        fingerprint: fingerprintOf(publicKey),
        created_at: timestamp(),
      };
      store.run(
        'insert into keypair values (?, ?, ?, ?, ?, ?)',
        row.user_id,
        row.name,
        row.type,
        row.public_key,
        row.fingerprint,
        row.created_at,
      );
      const keypair = {
        ...show(row),
        user_id: row.user_id,
        ...(made === undefined ? {} : { private_key: made.privateKey }),
      };
      return { status: minorVersion(request) >= 2 ? 201 : 200, body: { keypair } };
    }),
    route('DELETE', '/v2.1/os-keypairs/:name', (request) => {
      store.run('delete from keypair where user_id = ? and name = ?', request.caller.userId, find(request).name);
      return { status: minorVersion(request) >= 2 ? 204 : 202 };
    }),
  ];
}

interface GroupRow {
  readonly id: string;
  readonly project_id: string;
  readonly user_id: string;
  readonly name: string;
  readonly policy: string;
  readonly rules: string;
}

export function serverGroupRoutes(store: Store): readonly Route[] {
  const show = (request: ApiRequest, row: GroupRow): Record<string, unknown> => ({
    id: row.id,
    name: row.name,
    project_id: row.project_id,
    user_id: row.user_id,
    members: store
      .all<ServerRow>("select * from server where server_group_id = ? and desired <> 'deleted'", row.id)
      .map((server) => server.id),
    ...(minorVersion(request) >= 64
      ? { policy: row.policy, rules: JSON.parse(row.rules) }
      : { policies: [row.policy], metadata: {} }),
  });
  const find = (request: ApiRequest): GroupRow => {
    const row = store.get<GroupRow>('select * from server_group where id = ?', request.params.id ?? '');
    if (row === undefined || (!request.caller.isAdmin && row.project_id !== request.caller.projectId))
      throw notFound(`Instance group ${request.params.id} could not be found.`);
    return row;
  };
  return [
    route('GET', '/v2.1/os-server-groups', (request) =>
      ok({
        server_groups: store
          .all<GroupRow>('select * from server_group order by name')
          .filter(
            (row) =>
              row.project_id === request.caller.projectId ||
              (request.caller.isAdmin && request.query.has('all_projects')),
          )
          .map((row) => show(request, row)),
      }),
    ),
    route('GET', '/v2.1/os-server-groups/:id', (request) => ok({ server_group: show(request, find(request)) })),
    route('POST', '/v2.1/os-server-groups', (request) => {
      const wanted = bodyObject(request.body, 'server_group');
      const policy =
        optionalString(wanted, 'policy') ?? (Array.isArray(wanted.policies) ? String(wanted.policies[0]) : '');
      if (!['affinity', 'anti-affinity', 'soft-affinity', 'soft-anti-affinity'].includes(policy))
        throw badRequest(`Invalid input for field/attribute policy. Value: ${policy}.`);
      const row: GroupRow = {
        id: newId(),
        project_id: request.caller.projectId,
        user_id: request.caller.userId,
        name: requiredString(wanted, 'name'),
        policy,
        rules: JSON.stringify(isObject(wanted.rules) ? wanted.rules : {}),
      };
      store.run(
        'insert into server_group values (?, ?, ?, ?, ?, ?)',
        row.id,
        row.project_id,
        row.user_id,
        row.name,
        row.policy,
        row.rules,
      );
      return ok({ server_group: show(request, row) });
    }),
    route('DELETE', '/v2.1/os-server-groups/:id', (request) => {
      store.run('delete from server_group where id = ?', find(request).id);
      return noContent;
    }),
  ];
}

/** Availability zones, services and the one hypervisor. */
export function hostRoutes(store: Store): readonly Route[] {
  const zones = { availabilityZoneInfo: [{ zoneName: 'nova', zoneState: { available: true }, hosts: null }] };
  const service = (id: number, binary: string): Record<string, unknown> => ({
    id,
    binary,
    host: 'pocket',
    zone: binary === 'nova-compute' ? 'nova' : 'internal',
    status: 'enabled',
    state: 'up',
    updated_at: timestamp().replace('Z', '.000000'),
    disabled_reason: null,
  });
  const hypervisor = (): Record<string, unknown> => ({
    id: '4c1e9b6a-0000-4000-8000-000000000001',
    hypervisor_hostname: 'pocket',
    state: 'up',
    status: 'enabled',
    hypervisor_type: 'LXC',
    host_ip: '127.0.0.1',
    running_vms: store.all('select 1 from server').length,
    service: { id: 1, host: 'pocket', disabled_reason: null },
    hypervisor_version: 5_000_000,
  });
  return [
    route('GET', '/v2.1/os-availability-zone', () => ok(zones)),
    route('GET', '/v2.1/os-availability-zone/detail', () => ok(zones), 'admin'),
    route(
      'GET',
      '/v2.1/os-services',
      () => ok({ services: [service(1, 'nova-compute'), service(2, 'nova-scheduler'), service(3, 'nova-conductor')] }),
      'admin',
    ),
    route('GET', '/v2.1/os-hypervisors', () => ok({ hypervisors: [hypervisor()] }), 'admin'),
    route('GET', '/v2.1/os-hypervisors/detail', () => ok({ hypervisors: [hypervisor()] }), 'admin'),
    route('GET', '/v2.1/extensions', () => ok({ extensions: [] })),
  ];
}
