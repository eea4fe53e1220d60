// @peculiar/x509 wires itself with tsyringe, which needs this polyfill to be loaded before it.
import 'reflect-metadata';
import { createPrivateKey, webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';

/** A certificate, or a public key, and its private key; PEM. */
export interface KeyPair {
  readonly public: string;
  readonly private: string;
}

/** Kamaji reads no other kind of keys (internal/crypto/crypto.go, ParsePrivateKeyBytes: PKCS #1; ParsePublicKeyBytes: RSA). */
const algorithm = {
  name: 'RSASSA-PKCS1-v1_5',
  hash: 'SHA-256',
  publicExponent: new Uint8Array([1, 0, 1]),
  modulusLength: 2048,
} as const;
const validYears = 10;

async function newKeys(): Promise<{ readonly keys: webcrypto.CryptoKeyPair; readonly pem: string }> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey));
  const pem = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }).export({ type: 'pkcs1', format: 'pem' });
  return { keys, pem: pem.toString() };
}

/** A self-signed authority for ten years, as kubeadm makes them. Its name tells it from the one before: some clients look for an issuer by name alone. */
export async function newAuthority(name: string, now: Date): Promise<KeyPair> {
  x509.cryptoProvider.set(webcrypto);
  const { keys, pem } = await newKeys();
  const notBefore = new Date(now.getTime() - 300_000);
  const notAfter = new Date(notBefore);
  notAfter.setUTCFullYear(notAfter.getUTCFullYear() + validYears);
  const { keyCertSign, digitalSignature, keyEncipherment } = x509.KeyUsageFlags;
  const made = await x509.X509CertificateGenerator.createSelfSigned({
    name: `CN=${name}-${now.toISOString().replace(/\D/g, '').slice(0, 14)}`,
    notBefore,
    notAfter,
    signingAlgorithm: algorithm,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(keyCertSign | digitalSignature | keyEncipherment, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { public: `${made.toString('pem')}\n`, private: pem };
}

/** A key by which tokens of ServiceAccounts are signed. */
export async function newSigningKey(): Promise<KeyPair> {
  const { keys, pem } = await newKeys();
  const der = await webcrypto.subtle.exportKey('spki', keys.publicKey);
  return { public: `${x509.PemConverter.encode(der, 'PUBLIC KEY')}\n`, private: pem };
}
