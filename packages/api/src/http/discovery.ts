/** Where an issuer says where its keys are (OpenID Connect Discovery 1.0 §4). */
export const discoveryPath = '/.well-known/openid-configuration';

/** The document there, of an issuer that signs ID tokens and does nothing else. */
export function discoveryDocument(about: {
  readonly issuer: string;
  readonly keys: string;
  readonly algorithms: readonly string[];
}): string {
  return JSON.stringify({
    issuer: about.issuer,
    jwks_uri: about.keys,
    response_types_supported: ['id_token'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: about.algorithms,
  });
}

/** The address of the document of an issuer. */
export const discoveryUrl = (issuer: string): string => `${issuer.replace(/\/$/, '')}${discoveryPath}`;

/** Where the keys are, by the document of an issuer. Throws when it is another's (§4.3) or names none. */
export function keysAddress(document: Readonly<Record<string, unknown>>, issuer: string): string {
  const { issuer: named, jwks_uri: address } = document;
  if (named !== issuer) throw new Error(`the issuer calls itself ${String(named)}`);
  if (typeof address !== 'string' || !URL.canParse(address))
    throw new Error('the document of the issuer names no keys');
  return address;
}
