import { describe, expect, it } from 'vitest';
import { filterProtocol, hasPorts, isIpv6Protocol, protocolNames, protocolNumber } from './protocols.ts';

describe('protocols', () => {
  it('are numbers with names', () => {
    expect(protocolNumber('TCP')).toBe(6);
    expect(protocolNumber('112')).toBe(112);
    expect(protocolNumber('256')).toBeUndefined();
    expect(protocolNumber('-1')).toBeUndefined();
    expect(protocolNumber('quic')).toBeUndefined();
    expect(isIpv6Protocol(58)).toBe(true);
    expect(hasPorts(136)).toBe(true);
  });

  it('reach the packet filter in one spelling, so that a number has ports as its name has', () => {
    expect(['6', 'tcp', 'TCP'].map(filterProtocol)).toEqual(['tcp', 'tcp', 'tcp']);
    expect(['1', 'icmp'].map(filterProtocol)).toEqual(['icmp', 'icmp']);
    expect(['ipip', 'vrrp', '47'].map(filterProtocol)).toEqual(['4', '112', '47']);
    // Any protocol, as null.
    expect(['ip', '0', 'hopopt', null].map(filterProtocol)).toEqual([null, null, null, null]);
    for (const name of protocolNames) expect(() => filterProtocol(name)).not.toThrow();
  });
});
