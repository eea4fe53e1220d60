import { X509Certificate } from 'node:crypto';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { platformConfig } from '../config.ts';
import { createAuthority, daysLeft, ensureAuthority, ensureLeaf, issueLeaf, leafIsGood } from './certificates.ts';
import { ensureSecrets, readSecrets } from './secrets.ts';

let dataDir: string;
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'installer-'));
});
afterEach(async () => {
  await rm(dataDir, { recursive: true, force: true });
});

describe('secrets', () => {
  it('are made once, for root only', async () => {
    const config = platformConfig({ dataDir });
    expect(await readSecrets(config)).toBeUndefined();
    const first = await ensureSecrets(config);
    expect(await ensureSecrets(config)).toEqual(first);
    expect(first.bootstrapToken).toMatch(/^[a-z0-9]{6}\.[a-z0-9]{16}$/);
    expect(new Set([first.openstackAdminPassword, ...Object.values(first.postgres)]).size).toBe(6);
    const dir = join(dataDir, 'secrets');
    expect((await stat(dir)).mode & 0o777).toBe(0o700);
    for (const file of await readdir(dir)) expect((await stat(join(dir, file))).mode & 0o777).toBe(0o600);
  });
});

describe('certificates', () => {
  const request = {
    commonName: 'postgres',
    dnsNames: ['localhost'],
    ipAddresses: ['172.29.0.1'],
    usages: ['server'],
  } as const;

  it('verify against their authority and carry the names asked for', async () => {
    const authority = await createAuthority('test');
    const leaf = await issueLeaf(authority, request);
    const certificate = new X509Certificate(leaf.certificate);
    expect(certificate.verify(new X509Certificate(authority.certificate).publicKey)).toBe(true);
    expect(certificate.subjectAltName).toBe('DNS:localhost, IP Address:172.29.0.1');
    expect(certificate.ca).toBe(false);
    expect(daysLeft(leaf.certificate)).toBe(364);
  });

  it('are refused near their end, with other names, or from another authority', async () => {
    const authority = await createAuthority('test');
    const leaf = await issueLeaf(authority, request);
    const in340Days = new Date(Date.now() + 340 * 86_400_000);
    expect(await leafIsGood(authority, leaf, request)).toBe(true);
    expect(await leafIsGood(authority, leaf, request, in340Days)).toBe(false);
    expect(await leafIsGood(authority, leaf, { ...request, ipAddresses: ['10.0.0.1'] })).toBe(false);
    expect(await leafIsGood(await createAuthority('test'), leaf, request)).toBe(false);
  });

  it('are stored and made anew only when the request changes', async () => {
    const dir = join(dataDir, 'pki');
    const authority = await ensureAuthority(dir, 'ca', 'test');
    expect(await ensureAuthority(dir, 'ca', 'test')).toEqual(authority);
    const first = await ensureLeaf(dir, 'leaf', authority, request);
    expect(await ensureLeaf(dir, 'leaf', authority, request)).toEqual(first);
    const second = await ensureLeaf(dir, 'leaf', authority, { ...request, ipAddresses: ['10.0.0.1'] });
    expect(second).not.toEqual(first);
  });
});

describe('platformConfig', () => {
  it.each([
    [{ dataDir: 'relative' }, /data directory/],
    [{ managementNodes: 0 }, /management nodes/],
    [{ kubernetesVersion: '1.36' }, /v1\.36\.3/],
  ])('refuses %o', (options, message) => {
    expect(() => platformConfig(options)).toThrow(message);
  });
});
