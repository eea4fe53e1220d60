import type { RotationStage } from '@matryoshka/domain';
import type { KeyPair } from './keys.ts';

/** The keys of a rotation, before and after it. */
export interface RotationKeys {
  readonly authority: Turnover;
  readonly frontProxy: Turnover;
  readonly serviceAccounts: Turnover;
}

interface Turnover {
  readonly old: KeyPair;
  readonly new: KeyPair;
}

/** Data of a Secret, in clear text. */
export type SecretData = Readonly<Record<string, string>>;

/** Kamaji's Secrets with what they sign by, and ours by which the controller manager signs during and after a rotation. */
export const secretNames = (clusterId: string) =>
  ({
    authority: `${clusterId}-ca`,
    frontProxy: `${clusterId}-front-proxy-ca-certificate`,
    serviceAccounts: `${clusterId}-sa-certificate`,
    signer: `${clusterId}-signer`,
    keys: `${clusterId}-rotation`,
    konnectivity: [`${clusterId}-konnectivity-certificate`, `${clusterId}-konnectivity-kubeconfig`],
  }) as const;

/** Whether the API shows a certificate of the new authority at a stage. */
export const servesNew = (stage: RotationStage): boolean => stage === 'serve' || stage === 'end';

/** What clients of the API trust at a stage: the first is the one whose certificate the API shows. */
export function trusted({ authority }: RotationKeys, stage: RotationStage): string {
  return publics(authority, orderAt(stage, servesNew(stage)));
}

/**
 * Contents of the Secrets at a stage. Kamaji signs by the first certificate of a file and by its key, and keeps both as long as they belong together; whoever verifies reads
 * them all (internal/resources/ca_certificate.go; client-go, util/cert).
 */
export function secretsAt(
  keys: RotationKeys,
  stage: RotationStage,
  clusterId: string,
): ReadonlyMap<string, SecretData> {
  const names = secretNames(clusterId);
  const serves = servesNew(stage);
  const signs = stage !== 'trust';
  const authority = trusted(keys, stage);
  const authorityKey = (serves ? keys.authority.new : keys.authority.old).private;
  const signer = signs ? keys.authority.new : keys.authority.old;
  return new Map<string, SecretData>([
    [names.signer, { 'tls.crt': signer.public, 'tls.key': signer.private }],
    [names.authority, { 'ca.crt': authority, 'ca.key': authorityKey, 'tls.crt': authority, 'tls.key': authorityKey }],
    [
      names.frontProxy,
      {
        'front-proxy-ca.crt': publics(keys.frontProxy, orderAt(stage, serves)),
        'front-proxy-ca.key': (serves ? keys.frontProxy.new : keys.frontProxy.old).private,
      },
    ],
    [
      names.serviceAccounts,
      {
        'sa.pub': publics(keys.serviceAccounts, orderAt(stage, signs)),
        'sa.key': (signs ? keys.serviceAccounts.new : keys.serviceAccounts.old).private,
      },
    ],
  ]);
}

type Order = 'old first' | 'new first' | 'new';

const orderAt = (stage: RotationStage, isNew: boolean): Order =>
  stage === 'end' ? 'new' : isNew ? 'new first' : 'old first';

const ended = (pem: string): string => (pem.endsWith('\n') ? pem : `${pem}\n`);

function publics(pair: Turnover, order: Order): string {
  const [first, second] = order === 'old first' ? [pair.old, pair.new] : [pair.new, pair.old];
  return order === 'new' ? ended(pair.new.public) : ended(first.public) + ended(second.public);
}
