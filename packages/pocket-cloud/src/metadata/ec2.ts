import type { ServerPort, ServerRow } from '../nova/index.ts';

type Tree = { readonly [key: string]: string | Tree };

/** One path below `meta-data`: the value, or the names below it; undefined where there is nothing. Source: nova/api/metadata/base.py. */
export function ec2Lookup(row: ServerRow, ports: readonly ServerPort[], path: string): string | undefined {
  const host = `${row.hostname}.novalocal`;
  const floating = ports.flatMap((port) => port.floatingIps)[0] ?? '';
  const instanceId = `i-${row.id.slice(0, 8)}`;
  const tree: Tree = {
    'ami-id': `ami-${row.image_id.slice(0, 8)}`,
    'ami-launch-index': '0',
    hostname: host,
    'instance-action': 'none',
    'instance-id': instanceId,
    'instance-type': (JSON.parse(row.flavor) as { name: string }).name,
    'local-hostname': host,
    'local-ipv4': ports.flatMap((port) => port.fixedIps)[0]?.ipAddress ?? '',
    placement: { 'availability-zone': row.availability_zone },
    'public-hostname': host,
    'public-ipv4': floating,
    ...(row.key_name === null || row.key_data === null
      ? {}
      : { 'public-keys': { 0: { 'openssh-key': row.key_data } } }),
    'reservation-id': `r-${row.id.slice(0, 8)}`,
    'security-groups': [...new Set(ports.flatMap((port) => port.securityGroups.map((group) => group.name)))].join('\n'),
  };
  let node: string | Tree | undefined = tree;
  for (const part of path.split('/').filter((name) => name !== '')) {
    if (typeof node === 'string' || node === undefined) return undefined;
    node = Object.hasOwn(node, part) ? node[part] : undefined;
  }
  if (node === undefined || typeof node === 'string') return node;
  return Object.entries(node)
    .map(([name, child]) =>
      path.replaceAll('/', '') === 'public-keys'
        ? `${name}=${row.key_name}`
        : typeof child === 'string'
          ? name
          : `${name}/`,
    )
    .join('\n');
}
