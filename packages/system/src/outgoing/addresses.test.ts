import { describe, expect, it } from 'vitest';
import { addressCheck, resolveAllowed } from './addresses.ts';

const internet = addressCheck([]);

describe('addresses that webhooks are sent to', () => {
  it.each([
    ...['127.0.0.1', '127.8.8.8', '0.0.0.0', '10.1.2.3', '172.16.0.1', '172.31.255.255', '192.168.1.1', '100.64.0.1'],
    ...['169.254.169.254', '198.18.0.1', '224.0.0.1', '255.255.255.255', '192.0.2.1'],
    ...['::1', '::', 'fe80::1', 'fd00::1', 'fc00::1', 'ff02::1', '2001:db8::1'],
    // Addresses of IPv4 in other clothes.
    ...[
      '::ffff:127.0.0.1',
      '::ffff:7f00:1',
      '::ffff:169.254.169.254',
      '::127.0.0.1',
      '64:ff9b::7f00:1',
      '2002:7f00:1::',
    ],
    ...['', 'localhost', '127.1', '0x7f000001'],
  ])('are not %s', (address) => expect(internet(address)).toBe(false));

  it.each(['1.1.1.1', '8.8.8.8', '172.32.0.1', '100.128.0.1', '2606:4700:4700::1111', '::ffff:1.1.1.1'])(
    'are %s',
    (address) => expect(internet(address)).toBe(true),
  );

  it('are those of the provider that it allows, and no others', () => {
    const check = addressCheck(['10.1.0.0/16']);
    expect([check('10.1.2.3'), check('10.2.2.3'), check('8.8.8.8'), check('::ffff:10.1.2.3')]).toEqual([
      true,
      false,
      true,
      true,
    ]);
  });

  it('are looked up before, whatever the name says', async () => {
    for (const host of ['127.0.0.1', '[::1]', '[::ffff:127.0.0.1]', 'localhost', '2130706433'])
      await expect(resolveAllowed(host, internet), host).rejects.toThrow(/internal address|has no address/);
    await expect(resolveAllowed('nowhere.invalid', internet)).rejects.toThrow('nowhere.invalid has no address');
    await expect(resolveAllowed('localhost', internet)).rejects.not.toThrow('127.0.0.1');
    expect(await resolveAllowed('8.8.8.8', internet)).toEqual({ address: '8.8.8.8', family: 4 });
  });
});
