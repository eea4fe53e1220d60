import { readFile } from 'node:fs/promises';
import type { OidcIssuer } from '@matryoshka/api';
import { errorMessage, TypedError } from '@matryoshka/system';
import { type Static, Type } from 'typebox';
import { Value } from 'typebox/value';

const text = Type.String({ minLength: 1 });
const Entry = Type.Object(
  {
    name: Type.String({ pattern: '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$' }),
    title: Type.Optional(text),
    issuer: text,
    clientId: text,
    scopes: Type.Optional(Type.Array(text)),
    groupsClaim: Type.Optional(text),
    sessionHours: Type.Optional(Type.Number({ exclusiveMinimum: 0, maximum: 24 })),
    providerGroups: Type.Optional(Type.Array(text)),
  },
  { additionalProperties: false },
);
const File = Type.Array(Entry, { maxItems: 20 });

const defaultScopes = ['openid', 'email', 'profile'];
const defaultSessionHours = 8;

/** The issuers in the file that KAAS_OIDC_FILE names; none without it. Throws TypedError `configuration`. */
export async function readOidcFile(file: string | undefined): Promise<readonly OidcIssuer[]> {
  if (file === undefined) return [];
  let entries: unknown;
  try {
    entries = JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    throw wrong(`the file ${file} cannot be read: ${errorMessage(error)}`, error);
  }
  if (!Value.Check(File, entries)) {
    const [first] = Value.Errors(File, entries);
    throw wrong(`${file}: ${first?.instancePath || 'the list'} ${first?.message ?? 'is not as it should be'}`);
  }
  const issuers = entries.map((entry) => issuerOf(file, entry));
  const names = issuers.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw wrong(`${file}: two issuers are named ${twice}`);
  return issuers;
}

function issuerOf(file: string, entry: Static<typeof Entry>): OidcIssuer {
  const { name, title = name, issuer, clientId, scopes = [], groupsClaim = 'groups', providerGroups = [] } = entry;
  const url = URL.parse(issuer);
  const isLocal = /^(127(\.\d+){3}|localhost|\[::1\])$/.test(url?.hostname ?? '');
  // Discovery 1.0 §4.3: https. Whoever stands between could hand out keys of their own.
  if (url === null || (url.protocol !== 'https:' && !(isLocal && url.protocol === 'http:')) || url.search || url.hash)
    throw wrong(`${file}: the issuer of ${name} is ${issuer}, not an https address without query and fragment`);
  return {
    ...{ name, title, issuer, clientId, groupsClaim, providerGroups },
    scopes: [...new Set([...(scopes.length === 0 ? defaultScopes : scopes), 'openid'])],
    sessionMs: (entry.sessionHours ?? defaultSessionHours) * 3_600_000,
  };
}

function wrong(problem: string, cause?: unknown): TypedError {
  return new TypedError(`KAAS_OIDC_FILE: ${problem}`, {
    code: 'configuration',
    next: 'Correct the file as docs/access.md shows it, or leave KAAS_OIDC_FILE out.',
    ...(cause === undefined ? {} : { cause }),
  });
}
