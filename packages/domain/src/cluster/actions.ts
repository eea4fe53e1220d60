import type { AutoscalerMemory } from '../autoscaling/model.ts';
import type { Scaling } from '../autoscaling/plan.ts';
import type { Failure } from '../cause/causes.ts';
import type { RotationStage } from '../certificate/model.ts';
import type { EncryptionStep } from '../key/model.ts';
import type { LedgerKey } from './ledger.ts';
import type { ManifestGroup } from './observed.ts';

/**
 * What the controller has to do now, in this order; every action is idempotent and may be repeated after a crash at any point.
 * When one throws, the rest of the list is left for the next turn.
 */
export type ClusterAction =
  /** Write the ledger row (insert … on conflict do nothing). Always comes before the creation it is for. */
  | { readonly type: 'ensureLedger'; readonly entry: LedgerKey }
  /** Create the application credential and store its secret encrypted; one found without a stored secret is deleted and made anew. */
  | { readonly type: 'ensureApplicationCredential'; readonly name: string }
  /** Make another application credential, and use that from now on. */
  | { readonly type: 'renewApplicationCredential' }
  /** Delete those that another one has replaced. */
  | { readonly type: 'deleteSupersededCredentials' }
  /** Change the keys that Secrets are stored with, if they are still of this generation (0: there are none). */
  | { readonly type: 'stepEncryption'; readonly step: EncryptionStep; readonly generation: number }
  | { readonly type: 'applyManifests'; readonly group: ManifestGroup }
  | { readonly type: 'applyPool'; readonly pool: string }
  /** Delete the pool's MachineDeployment and templates (Cluster API drains and deletes its machines). */
  | { readonly type: 'deletePool'; readonly pool: string }
  /** Have these Machines go first when their pool shrinks. */
  | { readonly type: 'markForRemoval'; readonly machines: readonly string[] }
  /** Delete the Machine; its MachineDeployment makes a new one. */
  | { readonly type: 'replaceMachine'; readonly machine: string; readonly reason: string }
  /** Give a pool another number of workers, of those that it shall lose these first. */
  | ({ readonly type: 'scalePool' } & Scaling)
  | { readonly type: 'rememberAutoscaler'; readonly pool: string; readonly memory: AutoscalerMemory }
  /** Write down that a worker is replaced because it is not well, then delete its Machine. */
  | { readonly type: 'repairMachine'; readonly machine: string; readonly pool: string; readonly cause: Failure }
  /** Give a Node the labels and taints of its pool, as they are now. */
  | { readonly type: 'settleNode'; readonly node: string }
  | { readonly type: 'deleteStaleNode'; readonly node: string }
  /** Delete the VolumeAttachment of a node that is gone: Kubernetes itself would wait six minutes before its volume may go elsewhere. */
  | { readonly type: 'deleteStaleVolumeAttachment'; readonly name: string }
  /** Make a pod of the control plane read the rules of who is let in again, now rather than within a minute. */
  | { readonly type: 'refreshPod'; readonly pod: string }
  /** Have a replica of the control plane begin again on another node. */
  | { readonly type: 'moveReplica'; readonly pod: string }
  /** Store where the API is and by which authority it is known; no credentials. */
  | { readonly type: 'storeKubeconfig' }
  /** Let whoever restores backups begin: the control plane does not run. */
  | { readonly type: 'allowRestore' }
  /** Delete these Secrets with certificates: Kamaji makes them anew, and replaces the pods one after the other. */
  | { readonly type: 'renewCertificates'; readonly secrets: readonly string[] }
  /** Give the control plane the keys of this stage of a rotation; make new ones first where there are none. */
  | { readonly type: 'rotate'; readonly stage: RotationStage }
  /** Put what is trusted now into the administrators' kubeconfigs and into what new workers read. */
  | { readonly type: 'publishAuthority' }
  /** Want workers that joined under this authority: all others are replaced. */
  | { readonly type: 'renewWorkers'; readonly authority: string }
  /** A step of a rotation is over; null: all of it, and its old keys are gone. */
  | { readonly type: 'endRotation'; readonly phase: 'prepared' | null }
  | { readonly type: 'applyTenantAddons' }
  /** Delete every Service of type LoadBalancer in the tenant; the cloud controller manager then removes the load balancers. */
  | { readonly type: 'deleteLoadBalancerServices' }
  /** Delete load balancers `kube_service_<id>_…` (cascade) and their floating IPs through the provider's credential. */
  | { readonly type: 'deleteLeftoverLoadBalancers' }
  /** Delete the volumes made for the cluster, with the snapshots it made of them; what hangs on a snapshot of somebody else stays. */
  | { readonly type: 'deleteLeftoverVolumes' }
  | { readonly type: 'deleteManifests'; readonly group: ManifestGroup }
  | { readonly type: 'deleteApplicationCredential'; readonly name: string }
  | { readonly type: 'removeLedger'; readonly entry: LedgerKey }
  /** Everything is gone: erase secrets, mark the row deleted, end the operation. Always the last action. */
  | { readonly type: 'finishDeletion' };
