const names = /password|secret|token/i;
/** A shorter one would mask words that are no secret. */
const shortest = 4;

/** The secrets that a request brings: its credentials, and what its body calls a password, a secret or a token. */
export function secretsOf(request: {
  readonly headers: { readonly authorization?: string | undefined };
  readonly body?: unknown;
}): readonly string[] {
  const { authorization = '' } = request.headers;
  const body = typeof request.body === 'object' && request.body !== null ? Object.entries(request.body) : [];
  const told = body.flatMap(([name, value]) => (names.test(name) && typeof value === 'string' ? [value] : []));
  return [...told, ...authorization.split(' ').slice(1)].filter(({ length }) => length >= shortest);
}

/** The same value, without the secrets in any of its texts: an error may repeat what it was given. */
export function masked<T>(value: T, secrets: readonly string[]): T {
  if (secrets.length === 0) return value;
  const escaped = secrets.map((secret) => JSON.stringify(secret).slice(1, -1));
  const text = escaped.reduce((masking, secret) => masking.replaceAll(secret, '[masked]'), JSON.stringify(value));
  return JSON.parse(text) as T;
}
