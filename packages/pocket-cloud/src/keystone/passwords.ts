import { createHash, randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';

const derive = promisify(scrypt) as (secret: string, salt: Buffer, length: number) => Promise<Buffer>;

/** `scrypt$<salt>$<key>`, both base64. */
export async function hashPassword(secret: string): Promise<string> {
  const salt = randomBytes(16);
  return `scrypt$${salt.toString('base64')}$${(await derive(secret, salt, 32)).toString('base64')}`;
}

export async function verifyPassword(secret: string, hash: string | null | undefined): Promise<boolean> {
  const [kind, salt, key] = (hash ?? '').split('$');
  if (kind !== 'scrypt' || salt === undefined || key === undefined) return false;
  const expected = Buffer.from(key, 'base64');
  return timingSafeEqual(await derive(secret, Buffer.from(salt, 'base64'), expected.length), expected);
}

/** Tokens have full entropy, so a plain hash is enough to keep usable ones out of the state file. */
export function hashToken(tokenId: string): string {
  return createHash('sha256').update(tokenId).digest('hex');
}
