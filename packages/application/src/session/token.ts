import { createHash, randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';

const kinds = { session: 'kaas_', program: 'kaas_pat_' } as const;
export type TokenKind = keyof typeof kinds;

/**
 * A token: `kaas_` for a session, `kaas_pat_` for a program. Then 43 characters of base64url (256 random bits), and 8 hex digits of CRC-32, so
 * that secret scanners recognise one in a leaked file and mistyped ones need no look-up.
 */
export function newToken(kind: TokenKind = 'session'): string {
  const body = `${kinds[kind]}${randomBytes(32).toString('base64url')}`;
  return body + checksum(body);
}

/** Which kind of token a text is; undefined when it is none, or mistyped. The length tells them apart: `pat_` may also be random. */
export function tokenKind(text: string): TokenKind | undefined {
  const match = /^(kaas_(?:pat_)?)[A-Za-z0-9_-]{43}[0-9a-f]{8}$/.exec(text);
  if (match === null || checksum(text.slice(0, -8)) !== text.slice(-8)) return undefined;
  return match[1] === kinds.program ? 'program' : 'session';
}

/** Only this is stored. The token is random, so a plain hash without salt is enough. */
export function hashToken(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

function checksum(body: string): string {
  return crc32(body).toString(16).padStart(8, '0');
}
