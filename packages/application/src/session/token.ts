import { createHash, randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';

/**
 * A session token: `kaas_`, 43 characters of base64url (256 random bits), and 8 hex digits of CRC-32, so that secret scanners recognise
 * one in a leaked file and mistyped ones need no look-up.
 */
export function newToken(): string {
  const body = `kaas_${randomBytes(32).toString('base64url')}`;
  return body + checksum(body);
}

export function looksLikeToken(text: string): boolean {
  return /^kaas_[A-Za-z0-9_-]{43}[0-9a-f]{8}$/.test(text) && checksum(text.slice(0, -8)) === text.slice(-8);
}

/** Only this is stored. The token is random, so a plain hash without salt is enough. */
export function hashToken(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

function checksum(body: string): string {
  return crc32(body).toString(16).padStart(8, '0');
}
