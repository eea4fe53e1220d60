import { KaasError } from '@matryoshka/application';
import type { FastifyRequest } from 'fastify';

/** `__Host-`: browsers take it from this host only, over TLS (or from localhost), for every path (RFC 6265bis §4.1.3.2). */
const name = '__Host-kaas';
const inHeader = new RegExp(`(?:^|;\\s*)${name}=([^;\\s]+)`);
const attributes = 'Path=/; Secure; HttpOnly; SameSite=Strict';

/** The header `Set-Cookie` that keeps a session in a browser until its end; no script can read it. */
export function sessionCookie(token: string, expiresAt: Date, now: Date): string {
  const seconds = Math.max(0, Math.floor((expiresAt.getTime() - now.getTime()) / 1000));
  return `${name}=${token}; Max-Age=${seconds}; ${attributes}`;
}

/** The header that makes a browser forget it. */
export const noSessionCookie = `${name}=; Max-Age=0; ${attributes}`;

type Request = Pick<FastifyRequest, 'headers' | 'method' | 'host'>;

/**
 * Who sends a request: the header `Authorization`, else the cookie of a browser. The cookie counts only for pages of our own, because a browser sends
 * it whoever wrote the page. Throws `unauthenticated`.
 */
export function authorizationOf(request: Request): string | undefined {
  const { authorization, cookie } = request.headers;
  if (authorization !== undefined) return authorization;
  const token = inHeader.exec(cookie ?? '')?.[1];
  if (token === undefined) return undefined;
  if (!isOurs(request))
    throw new KaasError('unauthenticated', 'The session of a browser does not count for a page of another site.', {
      next: 'Programs send Authorization: Bearer ….',
    });
  return `Bearer ${token}`;
}

/** By Fetch Metadata, which every browser of today sends and no page can change; by `Origin` where it is missing. */
function isOurs({ headers, method, host }: Request): boolean {
  const isRead = method === 'GET' || method === 'HEAD';
  const site = headers['sec-fetch-site'];
  // none: typed by the person, who opens a page and changes nothing.
  if (site !== undefined) return site === 'same-origin' || (site === 'none' && isRead);
  const origin = headers.origin;
  return origin === undefined ? isRead : URL.parse(origin)?.host === host;
}
