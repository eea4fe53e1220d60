import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** A shorter text would mask words that are no secret. */
const shortest = 8;
const names = /password|secret|token|credential|key/i;

/** What looks like a secret wherever it stands. The first group of a pattern stays. */
const patterns: readonly RegExp[] = [
  /()-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?-----END [A-Z ]*PRIVATE KEY-----/g,
  // Signed tokens (RFC 7519).
  /()\beyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]*/g,
  /(\b[Bb]earer )[\w.~+/=-]{8,}/g,
  // A password in a URL.
  /(\b[a-z][a-z0-9+.-]*:\/\/[^\s:@/]+:)[^\s@/]+(?=@)/g,
  // kubeadm's bootstrap tokens, and this service's own.
  /()\b[a-z0-9]{6}\.[a-z0-9]{16}\b/g,
  /()\bkaas_(?:pat_)?[\w-]{40,}/g,
  /("(?:[a-z_]*(?:password|secret|token|private_?key)[a-z_]*)"\s*:\s*")[^"]{4,}(?=")/gi,
];

const masked = '[masked]';

/** A text without the secrets given, nor what looks like one. */
export function withoutSecrets(text: string, secrets: readonly string[]): string {
  const known = secrets.reduce((masking, secret) => masking.replaceAll(secret, masked), text);
  return patterns.reduce((masking, pattern) => masking.replaceAll(pattern, `$1${masked}`), known);
}

/** Every secret in the files of a folder: members of JSON by their names, whole files otherwise, line by line. The longest first. */
export async function secretsIn(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const found = new Set<string>();
  for (const entry of entries.filter((one) => one.isFile())) {
    const text = await readFile(join(entry.parentPath, entry.name), 'utf8');
    for (const secret of secretsOf(entry.name, text)) if (secret.length >= shortest) found.add(secret);
  }
  return [...found].toSorted((a, b) => b.length - a.length);
}

function secretsOf(name: string, text: string): readonly string[] {
  if (name.endsWith('.json'))
    try {
      return leaves(JSON.parse(text), name === 'secrets.json');
    } catch {
      // Not JSON after all.
    }
  // Certificates and public keys are none.
  if (/BEGIN (CERTIFICATE|PUBLIC KEY)/.test(text)) return [];
  return text.split('\n').map((line) => line.trim());
}

function leaves(value: unknown, isSecret: boolean): readonly string[] {
  if (typeof value === 'string') return isSecret ? passwordsOf(value) : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, member]) =>
    leaves(member, isSecret || names.test(name) || (typeof member === 'string' && member.includes('://'))),
  );
}

/** Of a URL, only its password; a path names a file. */
function passwordsOf(text: string): readonly string[] {
  const url = URL.parse(text);
  if (url !== null && text.includes('://')) return url.password === '' ? [] : [decodeURIComponent(url.password)];
  return text.startsWith('/') ? [] : [text];
}
