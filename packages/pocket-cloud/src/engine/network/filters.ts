import { filterRules, groupSets, linkRules } from './filter-rules.ts';
import { runIn } from './linux.ts';
import type { NetworkNames } from './names.ts';
import type { FilterPort, NetworkState } from './spec.ts';

/** Puts the switch's filter into the kernel: sets first, then rules that use them (one transaction), then sets nobody uses any more. */
export async function applyFilters(names: NetworkNames, state: NetworkState): Promise<void> {
  const namespace = names.switchNamespace;
  const sets = groupSets(state, names);
  if (sets !== '') await runIn(namespace, ['ipset', 'restore'], { input: sets });
  await runIn(namespace, ['nft', '-f', '-'], { input: linkRules(state, names) });
  await runIn(namespace, ['iptables-restore'], { input: filterRules(state, names) });
  const wanted = new Set(state.groups.map((group) => names.groupSet(group.id)));
  const present = (await runIn(namespace, ['ipset', 'list', '-n'])).stdout.split('\n').filter(Boolean);
  for (const set of present)
    if (set.startsWith(`${names.prefix}g`) && !wanted.has(set)) await runIn(namespace, ['ipset', 'destroy', set]);
}

/**
 * Ends connections that a withdrawn rule had allowed: established ones would pass for ever. Only entries in the direction of the withdrawn rule
 * are dropped; what is still allowed is tracked anew with its next packet.
 */
export async function forgetWithdrawn(
  names: NetworkNames,
  before: NetworkState | undefined,
  after: NetworkState,
): Promise<void> {
  const zones = new Map(after.networks.map((network) => [network.id, network.zone]));
  const old = new Map(before?.ports.map((port) => [port.portId, port]));
  for (const port of after.ports) {
    const previous = old.get(port.portId);
    const zone = zones.get(port.networkId);
    if (previous === undefined || zone === undefined || !port.guarded) continue;
    for (const direction of withdrawnDirections(previous, port, before, after))
      for (const { cidr } of port.sources)
        if (cidr.endsWith('/32'))
          await runIn(
            names.switchNamespace,
            ['conntrack', '-D', '-w', String(zone), direction === 'ingress' ? '-d' : '-s', cidr.replace('/32', '')],
            { okCodes: 'any' },
          );
  }
}

function withdrawnDirections(
  previous: FilterPort,
  port: FilterPort,
  before: NetworkState | undefined,
  after: NetworkState,
): readonly ('ingress' | 'egress')[] {
  const now = new Set(port.rules.map((rule) => JSON.stringify(rule)));
  const members = (state: NetworkState | undefined, id: string): readonly string[] =>
    state?.groups.find((group) => group.id === id)?.members ?? [];
  return (['ingress', 'egress'] as const).filter((direction) =>
    previous.rules.some((rule) => {
      if (rule.direction !== direction) return false;
      if (!now.has(JSON.stringify(rule))) return true;
      const group = rule.remoteGroupId;
      if (group === null) return false;
      const left = new Set(members(after, group));
      return members(before, group).some((member) => !left.has(member));
    }),
  );
}
