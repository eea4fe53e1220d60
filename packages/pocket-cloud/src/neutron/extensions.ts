import { notFound, ok, type Route, route } from '../http/index.ts';

/** What this Neutron can: clients look here before they use a feature. Names and dates of neutron_lib/api/definitions. */
const supported: readonly (readonly [alias: string, name: string, updated: string])[] = [
  ['agent', 'agent', '2013-02-03T10:00:00-00:00'],
  ['allowed-address-pairs', 'Allowed Address Pairs', '2013-07-23T10:00:00-00:00'],
  ['availability_zone', 'Availability Zone', '2015-01-01T10:00:00-00:00'],
  ['binding', 'Port Binding', '2014-02-03T10:00:00-00:00'],
  ['empty-string-filtering', 'Empty String Filtering Extension', '2018-05-01T10:00:00-00:00'],
  ['default-subnetpools', 'Default Subnetpools', '2016-02-18T18:00:00-00:00'],
  ['ext-gw-mode', 'Neutron L3 Configurable external gateway mode', '2013-03-28T10:00:00-00:00'],
  ['external-net', 'Neutron external network', '2013-01-14T10:00:00-00:00'],
  ['extraroute', 'Neutron Extra Route', '2013-02-01T10:00:00-00:00'],
  ['extraroute-atomic', 'Atomically add/remove extra routes', '2019-07-10T00:00:00+00:00'],
  ['fip-port-details', 'Floating IP Port Details Extension', '2018-04-09T10:00:00-00:00'],
  ['ip-substring-filtering', 'IP address substring filtering', '2017-11-28T09:00:00-00:00'],
  ['net-mtu', 'Network MTU', '2015-03-25T10:00:00-00:00'],
  ['net-mtu-writable', 'Network MTU (writable)', '2017-07-12T00:00:00-00:00'],
  ['network_availability_zone', 'Network Availability Zone', '2015-01-01T10:00:00-00:00'],
  ['pagination', 'Pagination support', '2016-06-12T00:00:00-00:00'],
  ['port-security', 'Port Security', '2012-07-23T10:00:00-00:00'],
  ['port-security-groups-filtering', 'Port filtering on security groups', '2018-01-09T09:00:00-00:00'],
  ['project-id', 'project_id field enabled', '2016-09-09T09:09:09-09:09'],
  ['quota_details', 'Quota details management support', '2017-02-10T10:00:00-00:00'],
  ['quotas', 'Quota management support', '2012-07-29T10:00:00-00:00'],
  ['revision-if-match', 'If-Match constraints based on revision_number', '2016-12-11T00:00:00-00:00'],
  ['router', 'Neutron L3 Router', '2012-07-20T10:00:00-00:00'],
  ['router_availability_zone', 'Router Availability Zone', '2015-01-01T10:00:00-00:00'],
  ['security-group', 'security-group', '2012-10-05T10:00:00-00:00'],
  ['security-groups-normalized-cidr', 'Normalized CIDR field for security group rules', '2020-07-28T10:00:00-00:00'],
  ['sorting', 'Sorting support', '2016-06-12T00:00:00-00:00'],
  ['standard-attr-description', 'standard-attr-description', '2016-02-10T10:00:00-00:00'],
  ['standard-attr-revisions', 'Resource revision numbers', '2016-04-11T10:00:00-00:00'],
  ['standard-attr-tag', 'Tag support for resources with standard attribute', '2017-01-01T00:00:00-00:00'],
  ['standard-attr-timestamp', 'Resource timestamps', '2016-09-12T10:00:00-00:00'],
  ['subnet_allocation', 'Subnet Allocation', '2015-03-30T10:00:00-00:00'],
  ['tag-ports-during-bulk-creation', 'Tag Ports During Bulk Creation', '2019-12-29T19:00:00-00:00'],
];

const extensions = supported.map(([alias, name, updated]) => ({ alias, name, description: name, updated, links: [] }));

export const extensionRoutes: readonly Route[] = [
  route('GET', '/v2.0/extensions', () => ok({ extensions })),
  route('GET', '/v2.0/extensions/:alias', (request) => {
    const extension = extensions.find(({ alias }) => alias === request.params.alias);
    if (extension === undefined)
      throw notFound(`Extension with alias ${request.params.alias} does not exist`, 'HTTPNotFound');
    return ok({ extension });
  }),
];
