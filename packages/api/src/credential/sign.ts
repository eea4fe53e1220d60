import { randomUUID } from 'node:crypto';
import { type CredentialClaims, credentialLifeMs } from '@matryoshka/application';
import {
  ensureSigningKey,
  inTransaction,
  type Pool,
  type Queryable,
  type SecretBox,
  type SigningKey,
} from '@matryoshka/postgres';
import { exportJWK, exportPKCS8, generateKeyPair, importPKCS8, SignJWT } from 'jose';

/** What every verifier of these tokens supports (RFC 7518 §3.1: "Recommended+"), with short signatures. */
export const algorithm = 'ES256';

async function newKey(): Promise<SigningKey> {
  const { privateKey, publicKey } = await generateKeyPair(algorithm, { extractable: true });
  const id = randomUUID();
  const jwk = await exportJWK(publicKey);
  return {
    id,
    publicJwk: { ...jwk, kid: id, use: 'sig', alg: algorithm },
    privateKey: await exportPKCS8(privateKey),
  };
}

/** Makes the first key when there is none, so that control planes find one as soon as they ask. */
export async function prepareSigning(pool: Pool, box: SecretBox): Promise<void> {
  await inTransaction(pool, async (tx) => await ensureSigningKey(tx, box, newKey));
}

/** A signed token (RFC 7519) with the claims, good from now on for {@link credentialLifeMs}. */
export async function signCredential(
  tx: Queryable,
  { secretBox, issuerUrl }: { readonly secretBox: SecretBox; readonly issuerUrl: string },
  { sub, aud, ...claims }: CredentialClaims,
  now: Date,
): Promise<{ readonly token: string; readonly id: string; readonly expiresAt: Date }> {
  const key = await ensureSigningKey(tx, secretBox, newKey);
  const issuedAt = Math.floor(now.getTime() / 1000);
  const expiresAt = new Date(issuedAt * 1000 + credentialLifeMs);
  const id = randomUUID();
  const token = await new SignJWT({ ...claims })
    .setProtectedHeader({ alg: algorithm, kid: key.id, typ: 'JWT' })
    .setIssuer(issuerUrl)
    .setSubject(sub)
    .setAudience(aud)
    .setJti(id)
    .setIssuedAt(issuedAt)
    .setExpirationTime(expiresAt)
    .sign(await importPKCS8(key.privateKey, algorithm));
  return { token, id, expiresAt };
}
