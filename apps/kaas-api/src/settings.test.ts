import { defaultLimits } from '@matryoshka/domain';
import { describe, expect, it } from 'vitest';
import { readSettings } from './settings.ts';

const needed = {
  KAAS_DATABASE_URL: 'postgres://kaas_api:geheim@127.0.0.1:5432/kaas',
  KAAS_SECRET_KEY_FILE: '/key',
  KAAS_KEYSTONE_URL: 'http://172.29.0.1:5000/v3',
  KAAS_ISSUER_URL: 'https://172.29.0.1:7444/',
  KAAS_ISSUER_CERTIFICATE_FILE: '/crt',
  KAAS_ISSUER_KEY_FILE: '/issuer-key',
};
const refusal = (change: Readonly<Record<string, string | undefined>>): string => {
  try {
    readSettings({ ...needed, ...change });
    return 'taken';
  } catch (error) {
    return error instanceof Error ? error.message : 'something else';
  }
};

describe('the settings of kaas-api', () => {
  it('have defaults for what is optional; empty is as good as absent', () => {
    const expected = {
      databaseUrl: needed.KAAS_DATABASE_URL,
      secretKeyFile: '/key',
      keystoneUrl: 'http://172.29.0.1:5000/v3',
      providerProject: { name: 'admin', domainId: 'default' },
      oidcFile: undefined,
      listen: { host: '127.0.0.1', port: 7443 },
      issuer: {
        url: 'https://172.29.0.1:7444',
        listen: { host: '127.0.0.1', port: 7444 },
        certificateFile: '/crt',
        keyFile: '/issuer-key',
      },
      notify: true,
      requestsPerSecond: 50,
      limits: defaultLimits,
      webhookRanges: [],
    };
    expect(readSettings(needed)).toEqual(expected);
    expect(readSettings({ ...needed, KAAS_LISTEN: '', KAAS_NOTIFY: '', KAAS_RESERVED_CIDRS: '' })).toEqual(expected);
  });

  it('are taken as they are given', () => {
    const settings = readSettings({
      ...needed,
      KAAS_KEYSTONE_URL: 'https://keystone.example/identity/v3/',
      KAAS_LISTEN: '[::1]:0',
      KAAS_NOTIFY: 'off',
      KAAS_RESERVED_CIDRS: '172.28.0.0/20, 10.1.0.0/16',
      MATRYOSHKA_LOG_LEVEL: 'debug',
    });
    expect(settings).toMatchObject({
      keystoneUrl: 'https://keystone.example/identity/v3',
      listen: { host: '::1', port: 0 },
      notify: false,
      limits: { ...defaultLimits, reservedCidrs: ['172.28.0.0/20', '10.1.0.0/16'] },
    });
    expect(readSettings({ ...needed, KAAS_LISTEN: 'api.internal:80' }).listen.host).toBe('api.internal');
  });

  it.each([
    ['KAAS_DATABASE_URL', undefined],
    ['KAAS_DATABASE_URL', 'mysql://a:geheim@h/d'],
    ['KAAS_DATABASE_URL', 'postgres://a:geheim@h'],
    ['KAAS_DATABASE_URL', 'geheim'],
    ['KAAS_SECRET_KEY_FILE', ''],
    ['KAAS_KEYSTONE_URL', undefined],
    ['KAAS_KEYSTONE_URL', 'http://h:5000'],
    ['KAAS_KEYSTONE_URL', 'h:5000/v3'],
    ['KAAS_ISSUER_URL', undefined],
    ['KAAS_ISSUER_URL', 'http://h:7444'],
    ['KAAS_ISSUER_URL', 'https://h/?a=b'],
    ['KAAS_ISSUER_URL', 'h'],
    ['KAAS_ISSUER_LISTEN', 'h'],
    ['KAAS_ISSUER_CERTIFICATE_FILE', ''],
    ['KAAS_ISSUER_KEY_FILE', undefined],
    ['KAAS_LISTEN', '7443'],
    ['KAAS_LISTEN', 'h:70000'],
    ['KAAS_LISTEN', '::1:7443'],
    ['KAAS_NOTIFY', 'false'],
    ['KAAS_REQUESTS_PER_SECOND', '-1'],
    ['KAAS_REQUESTS_PER_SECOND', 'many'],
    ['KAAS_WEBHOOK_RANGES', 'localhost'],
    ['KAAS_RESERVED_CIDRS', '10.0.0.0'],
    ['KAAS_RESERVED_CIDRS', '10.0.0.0/33'],
    ['KAAS_RESERVED_CIDRS', '10.0.0.0/8,'],
    ['KAAS_RESERVED_CIDRS', 'fd00::/8'],
    ['MATRYOSHKA_LOG_LEVEL', 'loud'],
    ['MATRYOSHKA_LOG_LEVEL', ''],
  ])('%s = %s is refused by name, without the password', (name, value) => {
    const message = refusal({ [name]: value });
    expect(message).toMatch(new RegExp(`^${name} `));
    expect(message).not.toContain('geheim');
  });
});
