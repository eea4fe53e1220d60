import type { ManifestObject } from '@matryoshka/components';
import type { PlatformContext } from '../context.ts';

const namespace = 'kamaji-system';
const secretName = 'datastore-default';
const encode = (text: string): string => Buffer.from(text, 'utf8').toString('base64');

/**
 * Kamaji's DataStore `default`: our PostgreSQL with a role that makes a database and a role per customer's cluster. Only kine inside the
 * management cluster and Kamaji ever see its password.
 */
export function dataStoreManifests(
  { config, secrets }: Pick<PlatformContext, 'config' | 'secrets'>,
  authorityPem: string,
): readonly ManifestObject[] {
  const reference = (keyPath: string): object => ({ secretReference: { name: secretName, namespace, keyPath } });
  return [
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: secretName, namespace },
      data: {
        username: encode('kamaji'),
        password: encode(secrets.postgres.kamaji),
        'ca.crt': encode(authorityPem),
      },
    },
    {
      apiVersion: 'kamaji.clastix.io/v1alpha1',
      kind: 'DataStore',
      metadata: { name: 'default' },
      spec: {
        driver: 'PostgreSQL',
        endpoints: [`${config.network.address}:${config.ports.postgres}`],
        basicAuth: { username: reference('username'), password: reference('password') },
        tlsConfig: { certificateAuthority: { certificate: reference('ca.crt') } },
      },
    },
  ];
}
