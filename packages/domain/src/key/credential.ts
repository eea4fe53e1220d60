import type { ClusterAction } from '../cluster/actions.ts';
import { ledgerName } from '../cluster/ledger.ts';
import type { Cluster } from '../cluster/model.ts';
import type { ObservedCluster } from '../cluster/observed.ts';
import { seen } from '../shared/looked.ts';
import type { KeyStatus, ObservedCredential } from './model.ts';

type Wish = Pick<Cluster, 'credentialBefore'>;

/** The credential is older than its owner wants. */
function isOld({ credentialBefore }: Wish, { madeAt }: ObservedCredential): boolean {
  return credentialBefore !== null && (madeAt === null || madeAt < credentialBefore);
}

/** Makes the credential when there is none, and another one on request; those from before go when nobody was started with them any more. */
export function credentialActions(desired: Cluster, observed: ObservedCluster): readonly ClusterAction[] {
  if (observed.credential.state === 'unknown') return [];
  const found = seen(observed.credential);
  const name = ledgerName('application-credential', desired.id);
  if (found?.secretStored !== true) return [{ type: 'ensureApplicationCredential', name }];
  if (isOld(desired, found)) return [{ type: 'renewApplicationCredential' }];
  return found.superseded > 0 && isHandedOver(observed, found) ? [{ type: 'deleteSupersededCredentials' }] : [];
}

function isHandedOver({ applied }: ObservedCluster, { handedOver }: ObservedCredential): boolean {
  const groups = ['credentials', 'cloud-controller', 'volume-controller'] as const;
  return handedOver && groups.every((group) => applied[group] === 'current');
}

/** True while the credential is exchanged. */
export function rotatesCredential(desired: Wish, { credential }: Pick<ObservedCluster, 'credential'>): boolean {
  const found = seen(credential);
  return found?.secretStored === true && (isOld(desired, found) || found.superseded > 0);
}

/** Undefined when it could not be looked at. */
export function credentialStatus(desired: Wish, observed: Pick<ObservedCluster, 'credential'>): KeyStatus | undefined {
  const found = seen(observed.credential);
  if (found === undefined) return undefined;
  return {
    key: 'openstack-credential',
    madeAt: found.madeAt?.toISOString() ?? null,
    state: rotatesCredential(desired, observed) ? 'rotating' : 'current',
  };
}
