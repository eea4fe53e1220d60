// @peculiar/x509 wires itself with tsyringe, which needs this polyfill to be loaded before it.
import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { readFileIfExists, writeFileAtomic } from '@matryoshka/system';
import * as x509 from '@peculiar/x509';

export interface CertificateAndKey {
  /** PEM */
  readonly certificate: string;
  /** PEM, PKCS #8 or SEC 1 as written */
  readonly key: string;
}

export interface LeafRequest {
  readonly commonName: string;
  readonly organization?: string;
  readonly dnsNames?: readonly string[];
  readonly ipAddresses?: readonly string[];
  readonly usages: readonly ('server' | 'client')[];
  readonly validDays?: number;
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const dayMs = 86_400_000;
/** A leaf is made anew when less than this is left of it. */
export const renewBeforeDays = 30;

function provider(): void {
  x509.cryptoProvider.set(webcrypto);
}

/** A self-signed authority for ten years. */
export async function createAuthority(commonName: string, now: Date = new Date()): Promise<CertificateAndKey> {
  provider();
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: `CN=${commonName}`,
    notBefore: new Date(now.getTime() - 3_600_000),
    notAfter: new Date(now.getTime() + 3650 * dayMs),
    signingAlgorithm: algorithm,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(
        x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign | x509.KeyUsageFlags.digitalSignature,
        true,
      ),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certificate: certificate.toString('pem'), key: await privateKeyPem(keys.privateKey) };
}

/** A certificate of an authority, valid one year unless told. */
export async function issueLeaf(
  authority: CertificateAndKey,
  request: LeafRequest,
  now: Date = new Date(),
): Promise<CertificateAndKey> {
  provider();
  const issuer = new x509.X509Certificate(authority.certificate);
  const issuerKey = await webcrypto.subtle.importKey(
    'pkcs8',
    x509.PemConverter.decodeFirst(authority.key),
    algorithm,
    false,
    ['sign'],
  );
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const names: x509.JsonGeneralNames = [
    ...(request.dnsNames ?? []).map((value) => ({ type: 'dns' as const, value })),
    ...(request.ipAddresses ?? []).map((value) => ({ type: 'ip' as const, value })),
  ];
  const certificate = await x509.X509CertificateGenerator.create({
    subject: `${request.organization === undefined ? '' : `O=${request.organization},`}CN=${request.commonName}`,
    issuer: issuer.subject,
    notBefore: new Date(now.getTime() - 3_600_000),
    notAfter: new Date(now.getTime() + (request.validDays ?? 365) * dayMs),
    signingAlgorithm: algorithm,
    publicKey: keys.publicKey,
    signingKey: issuerKey,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature | x509.KeyUsageFlags.keyEncipherment, true),
      new x509.ExtendedKeyUsageExtension(
        request.usages.map((usage) =>
          usage === 'server' ? x509.ExtendedKeyUsage.serverAuth : x509.ExtendedKeyUsage.clientAuth,
        ),
      ),
      ...(names.length === 0 ? [] : [new x509.SubjectAlternativeNameExtension(names)]),
      await x509.AuthorityKeyIdentifierExtension.create(issuer),
    ],
  });
  return { certificate: certificate.toString('pem'), key: await privateKeyPem(keys.privateKey) };
}

async function privateKeyPem(key: webcrypto.CryptoKey): Promise<string> {
  return x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY');
}

/** A key pair without certificate, as Kubernetes uses to sign service account tokens. */
export async function createKeyPair(): Promise<{ readonly publicKey: string; readonly privateKey: string }> {
  provider();
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  return {
    publicKey: x509.PemConverter.encode(await webcrypto.subtle.exportKey('spki', keys.publicKey), 'PUBLIC KEY'),
    privateKey: await privateKeyPem(keys.privateKey),
  };
}

/** Whole days until a certificate ends; negative when it has ended. */
export function daysLeft(certificatePem: string, now: Date = new Date()): number {
  return Math.floor((new x509.X509Certificate(certificatePem).notAfter.getTime() - now.getTime()) / dayMs);
}

/** Whether a stored leaf still answers a request: names, issuer and enough time left. */
export async function leafIsGood(
  authority: CertificateAndKey,
  leaf: CertificateAndKey,
  request: LeafRequest,
  now: Date = new Date(),
): Promise<boolean> {
  provider();
  const certificate = new x509.X509Certificate(leaf.certificate);
  if (daysLeft(leaf.certificate, now) < renewBeforeDays) return false;
  const issuer = new x509.X509Certificate(authority.certificate);
  if (!(await certificate.verify({ publicKey: issuer.publicKey, date: now }))) return false;
  const names =
    certificate
      .getExtension(x509.SubjectAlternativeNameExtension)
      ?.names.items.map((name) => `${name.type}:${name.value}`) ?? [];
  const wanted = [
    ...(request.dnsNames ?? []).map((name) => `dns:${name}`),
    ...(request.ipAddresses ?? []).map((address) => `ip:${address}`),
  ];
  return wanted.every((name) => names.includes(name));
}

/** The pair stored as `<dir>/<name>.json`; made by `create` when absent or when `isGood` says no. The file is 0600. */
export async function ensureStored(
  dir: string,
  name: string,
  create: () => Promise<CertificateAndKey>,
  isGood: (stored: CertificateAndKey) => Promise<boolean> = async () => true,
): Promise<CertificateAndKey> {
  await mkdir(dir, { recursive: true, mode: 0o700 });
  await chmod(dir, 0o700);
  const stored = await storedPair(dir, name);
  if (stored !== undefined && (await isGood(stored))) return stored;
  const made = await create();
  // One file, so that a crash never leaves a certificate with another one's key.
  await writeFileAtomic(pairFile(dir, name), `${JSON.stringify(made)}\n`, 0o600);
  return made;
}

const pairFile = (dir: string, name: string): string => join(dir, `${name}.json`);

/** What {@link ensureStored} keeps under this name. */
export async function storedPair(dir: string, name: string): Promise<CertificateAndKey | undefined> {
  const text = await readFileIfExists(pairFile(dir, name));
  return text === undefined ? undefined : (JSON.parse(text) as CertificateAndKey);
}

/** An authority of this installation, made once. */
export async function ensureAuthority(dir: string, name: string, commonName: string): Promise<CertificateAndKey> {
  return await ensureStored(dir, name, async () => await createAuthority(commonName));
}

/** A leaf of this installation, made once and again when its names change or it nears its end. */
export async function ensureLeaf(
  dir: string,
  name: string,
  authority: CertificateAndKey,
  request: LeafRequest,
): Promise<CertificateAndKey> {
  return await ensureStored(
    dir,
    name,
    async () => await issueLeaf(authority, request),
    async (stored) => await leafIsGood(authority, stored, request),
  );
}
