import { TypedError } from '@matryoshka/system';
import { type CertificateNeed, inApplyOrder, type ManifestObject } from './object.ts';

export interface IssuedCertificate {
  readonly caPem: string;
  readonly certPem: string;
  readonly keyPem: string;
}

const injectFrom = 'cert-manager.io/inject-ca-from';

interface ClientConfig {
  readonly [field: string]: unknown;
}

/**
 * Makes the Secret of every certificate needed and writes the authority's certificate into the webhook configurations and CRD conversions that
 * refer to it. `issue` gets the DNS names (first = the service's). Throws when an object refers to a certificate nobody needs.
 */
export async function injectCertificates(
  rendered: { readonly objects: readonly ManifestObject[]; readonly certificates: readonly CertificateNeed[] },
  issue: (dnsNames: readonly string[]) => IssuedCertificate | Promise<IssuedCertificate>,
): Promise<readonly ManifestObject[]> {
  const secrets: ManifestObject[] = [];
  const authorities = new Map<string, string>();
  const encode = (text: string): string => Buffer.from(text).toString('base64');
  for (const { namespace, name, secretName, dnsNames } of rendered.certificates) {
    const { caPem, certPem, keyPem } = await issue(dnsNames);
    authorities.set(`${namespace}/${name}`, encode(caPem));
    secrets.push({
      apiVersion: 'v1',
      kind: 'Secret',
      type: 'kubernetes.io/tls',
      metadata: { name: secretName, namespace },
      data: { 'ca.crt': encode(caPem), 'tls.crt': encode(certPem), 'tls.key': encode(keyPem) },
    });
  }
  const objects = rendered.objects.map((object) => {
    const source = object.metadata.annotations?.[injectFrom];
    if (source === undefined) return object;
    const caBundle = authorities.get(source);
    if (caBundle === undefined)
      throw new TypedError(
        `${object.kind} ${object.metadata.name} wants the authority of unknown certificate ${source}`,
        {
          code: 'certificate_missing',
          actor: 'us',
        },
      );
    return withAuthority(object, caBundle);
  });
  return inApplyOrder([...objects, ...secrets]);
}

function withAuthority(object: ManifestObject, caBundle: string): ManifestObject {
  const { [injectFrom]: _, ...annotations } = object.metadata.annotations ?? {};
  const metadata = { ...object.metadata, annotations };
  const fill = (config: ClientConfig): ClientConfig => ({ ...config, caBundle });
  if (object.kind === 'CustomResourceDefinition') {
    const spec = object.spec as {
      readonly conversion?: { readonly webhook?: { readonly clientConfig: ClientConfig } };
    };
    const webhook = spec.conversion?.webhook;
    if (webhook === undefined) return { ...object, metadata };
    const conversion = { ...spec.conversion, webhook: { ...webhook, clientConfig: fill(webhook.clientConfig) } };
    return { ...object, metadata, spec: { ...spec, conversion } };
  }
  const webhooks = object.webhooks as readonly { readonly clientConfig: ClientConfig }[];
  const filled = webhooks.map((hook) => ({ ...hook, clientConfig: fill(hook.clientConfig) }));
  return { ...object, metadata, webhooks: filled };
}
