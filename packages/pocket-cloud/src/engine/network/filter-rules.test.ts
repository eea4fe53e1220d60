import { describe, expect, it } from 'vitest';
import { filterRules, groupSets, linkRules } from './filter-rules.ts';
import { networkNames } from './names.ts';
import type { FilterPort, FilterRule, NetworkState } from './spec.ts';

const names = networkNames('tst');
const rule = (fields: Partial<FilterRule>): FilterRule => ({
  direction: 'ingress',
  protocol: null,
  min: null,
  max: null,
  remoteCidr: null,
  remoteGroupId: null,
  ...fields,
});
const port = (fields: Partial<FilterPort>): FilterPort => ({
  portId: 'aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa',
  networkId: 'n',
  guarded: true,
  mac: 'fa:16:3e:00:00:01',
  sources: [{ mac: 'fa:16:3e:00:00:01', cidr: '10.0.0.5/32' }],
  rules: [],
  ...fields,
});
const state = (ports: readonly FilterPort[]): NetworkState => ({
  networks: [],
  dhcp: [],
  routers: [],
  ports,
  groups: [],
});
const incoming = (...rules: readonly FilterRule[]): readonly string[] =>
  filterRules(state([port({ rules })]), names)
    .split('\n')
    .filter((line) => line.startsWith('-A in-'))
    .map((line) => line.replace(/^-A \S+ ?/, ''));

describe('filterRules', () => {
  it('match ports for every protocol that has them, types for icmp, and nothing more for the others', () => {
    const lines = incoming(
      rule({ protocol: 'tcp', min: 80, max: 80, remoteCidr: '10.1.2.3/24' }),
      rule({ protocol: 'udplite', min: 1, max: 9 }),
      rule({ protocol: 'icmp', min: 8, max: 0 }),
      rule({ protocol: '4' }),
      rule({ remoteGroupId: 'bbbbbbbb-bbbb-bbbb-bbbb-bbbbbbbbbbbb', remoteCidr: null }),
      rule({ direction: 'egress' }),
    );
    expect(lines).toEqual([
      '-m conntrack --ctstate RELATED,ESTABLISHED -j RETURN',
      '-p udp -m udp --sport 67 --dport 68 -j RETURN',
      '-s 10.1.2.0/24 -p tcp -m multiport --dports 80 -j RETURN',
      '-p udplite -m multiport --dports 1:9 -j RETURN',
      '-p icmp -m icmp --icmp-type 8/0 -j RETURN',
      '-p 4 -j RETURN',
      '-m set --match-set tstgbbbbbbbbbbbb src -j RETURN',
      '-j DROP',
    ]);
  });

  it('leave an unguarded port alone, and let one that no row knows send nothing', () => {
    const open = port({ guarded: false });
    expect(filterRules(state([open]), names)).not.toContain('tsttaaaaaaaaaa');
    const links = linkRules(state([open]), names);
    expect(links).toContain('set open { type ifname; elements = { "tsttaaaaaaaaaa" }; }');
    expect(links).toContain('iifname "tstt*" iifname != @guarded drop');
  });
});

describe('groupSets', () => {
  it('are swapped in, and know "everywhere", which ipset does not', () => {
    const groups = [{ id: 'bbbbbbbb-bbbb-bbbb-bbbb-bbbbbbbbbbbb', members: ['10.0.0.5/32', '0.0.0.0/0'] }];
    expect(groupSets({ ...state([]), groups }, names).split('\n')).toEqual([
      'create tstgbbbbbbbbbbbb hash:net -exist',
      'create tstgbbbbbbbbbbbbn hash:net -exist',
      'flush tstgbbbbbbbbbbbbn',
      'add tstgbbbbbbbbbbbbn 10.0.0.5/32 -exist',
      'add tstgbbbbbbbbbbbbn 0.0.0.0/1 -exist',
      'add tstgbbbbbbbbbbbbn 128.0.0.0/1 -exist',
      'swap tstgbbbbbbbbbbbbn tstgbbbbbbbbbbbb',
      'destroy tstgbbbbbbbbbbbbn',
      '',
    ]);
  });
});
