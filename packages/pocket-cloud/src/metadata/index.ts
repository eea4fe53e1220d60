import type { Logger } from '@matryoshka/system';
import { type Faults, named } from '../faults/index.ts';
import {
  ApiError,
  type ApiReply,
  type ApiRequest,
  type ApiServer,
  createApiServer,
  notFound,
  novaError,
  ok,
  type Route,
  route,
} from '../http/index.ts';
import { type ServerNetworking, type ServerRow, serverById } from '../nova/index.ts';
import type { Store } from '../store/index.ts';
import { ec2Lookup } from './ec2.ts';

const dates = [
  '2012-08-10',
  '2013-04-04',
  '2013-10-17',
  '2015-10-15',
  '2016-06-30',
  '2016-10-06',
  '2017-02-22',
  '2018-08-27',
  '2020-10-14',
  'latest',
];
const files = ['meta_data.json', 'password', 'vendor_data.json', 'network_data.json', 'vendor_data2.json', 'user_data'];

/**
 * The metadata service behind 169.254.169.254. The proxy in the network's namespace says where a request came from; whoever can write to
 * the socket is trusted. Source: Nova user guide, "Metadata"; nova/api/metadata/handler.py.
 */
export function createMetadata(options: {
  readonly store: Store;
  readonly log: Logger;
  readonly networking: ServerNetworking;
  readonly faults: Faults;
}): ApiServer {
  const { store, networking, faults } = options;
  const serverOf = (request: ApiRequest): ServerRow => {
    const network = String(request.headers['x-neutron-network-id'] ?? '');
    const address =
      String(request.headers['x-forwarded-for'] ?? '')
        .split(',')[0]
        ?.trim() ?? '';
    const id = networking.serverByAddress(network, address);
    const row = id === undefined ? undefined : serverById(store, id);
    if (row === undefined) throw notFound(`No server has address ${address} on network ${network}.`);
    if (faults.meet('server-silent', named(row.name)) !== undefined) throw new ApiError(503, 'No answer.');
    return row;
  };
  const text = (body: string): ApiReply => ({ status: 200, text: body });
  const userData = (row: ServerRow): ApiReply => {
    if (row.user_data === null) throw notFound('This server has no user data.');
    return {
      status: 200,
      text: Buffer.from(row.user_data, 'base64').toString('utf8'),
      headers: { 'content-type': 'application/octet-stream' },
    };
  };
  const openstack: Readonly<Record<string, (row: ServerRow) => ApiReply>> = {
    'meta_data.json': (row) => ok(metaData(row)),
    user_data: userData,
    'network_data.json': (row) => ok(networking.networkDataOf(row.id)),
    'vendor_data.json': () => ok({}),
    'vendor_data2.json': () => ok({ static: {} }),
    password: () => text(''),
  };
  const ec2 = (request: ApiRequest): ApiReply => {
    const row = serverOf(request);
    const answer = ec2Lookup(row, networking.portsOfDevice(row.id), request.params['*'] ?? '');
    if (answer === undefined) throw notFound('The resource could not be found.');
    return text(answer);
  };
  const routes: readonly Route[] = [
    route('GET', '/', () => text(['1.0', '2009-04-04', 'latest'].join('\n')), 'none'),
    route('GET', '/openstack', () => text(dates.join('\n')), 'none'),
    route(
      'GET',
      '/openstack/:date',
      (request) => {
        const row = serverOf(request);
        return text(files.filter((name) => name !== 'user_data' || row.user_data !== null).join('\n'));
      },
      'none',
    ),
    route(
      'GET',
      '/openstack/:date/:file',
      (request) => {
        const make = openstack[request.params.file ?? ''];
        if (make === undefined || !dates.includes(request.params.date ?? ''))
          throw notFound('The resource could not be found.');
        return make(serverOf(request));
      },
      'none',
    ),
    ...['latest', '2009-04-04', '1.0'].flatMap((date) => [
      route(
        'GET',
        `/${date}`,
        (request) => text(serverOf(request).user_data === null ? 'meta-data/' : 'meta-data/\nuser-data'),
        'none',
      ),
      route('GET', `/${date}/user-data`, (request) => userData(serverOf(request)), 'none'),
      route('GET', `/${date}/meta-data`, ec2, 'none'),
      route('GET', `/${date}/meta-data/*`, ec2, 'none'),
    ]),
  ];
  return createApiServer({
    name: 'metadata',
    routes,
    errorBody: novaError,
    authenticate: () => undefined,
    keystoneUrl: '',
    log: options.log,
  });
}

function metaData(row: ServerRow): Readonly<Record<string, unknown>> {
  return {
    uuid: row.id,
    name: row.name,
    hostname: `${row.hostname}.novalocal`,
    project_id: row.project_id,
    availability_zone: row.availability_zone,
    launch_index: 0,
    devices: [],
    dedicated_cpus: [],
    meta: JSON.parse(row.metadata),
    ...(row.key_name === null
      ? {}
      : {
          public_keys: { [row.key_name]: row.key_data },
          keys: [{ name: row.key_name, type: 'ssh', data: row.key_data }],
        }),
  };
}
