import { signerPath } from '@matryoshka/addons';
import type { Cluster } from '@matryoshka/domain';
import { secretNames } from '../rotation/stages.ts';

/** Where the controller manager of a cluster that was rotated, or is, has the authority that it signs by; the pods' policy makes it read it (addons, control-plane-pods). */
export const signerMount = { name: 'signer', mountPath: signerPath, readOnly: true };

/** Whether a cluster signs by a file of its own: the one that everybody trusts holds two authorities during a rotation, and a signer takes only one (kubernetes, pkg/controller/certificates/signer/ca_provider.go). */
export const hasSigner = ({ rotation, authority }: Cluster): boolean => rotation !== null || authority !== null;

export const signerVolume = ({ id }: Cluster): unknown => ({
  name: signerMount.name,
  secret: { secretName: secretNames(id).signer },
});
