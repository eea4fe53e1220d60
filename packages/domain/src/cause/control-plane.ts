import type { ObservedPod } from '../cluster/observed.ts';
import { type Failure, failureOf } from './causes.ts';
import { causeOfWords } from './openstack.ts';

/** PostgreSQL's words for a full disk, as kine and API servers pass them on (errcodes: 53100 disk_full). */
const diskFull = /SQLSTATE 53100|could not (?:extend|write)[^.]*No space left on device|No space left on device/i;

/** Whether words say that the database under the control planes is full. */
export function isDataStoreFull(words: string): boolean {
  return diskFull.test(words);
}

/** Why a pod of a control plane does not run, as far as its status and the end of kine's log tell; undefined while it just starts. */
export function podCause(pod: ObservedPod): Failure | undefined {
  if (pod.trouble === null) return undefined;
  const evidence = `${pod.name}: ${pod.trouble}`;
  if (pod.log !== null && isDataStoreFull(pod.log)) return failureOf('DataStoreFull', lineWith(pod.log, diskFull));
  if (pod.unscheduled) return failureOf('ControlPlaneUnschedulable', evidence);
  if (/ErrImagePull|ImagePullBackOff|InvalidImageName/.test(pod.trouble))
    return failureOf('ControlPlaneImageMissing', evidence);
  if (/CrashLoopBackOff/.test(pod.trouble)) return failureOf('ControlPlaneCrashing', evidence);
  return undefined;
}

const addressPatienceMs = 120_000;

/** Why the API has no address, when it has been waited for long enough or OpenStack's words say that waiting is of no use. */
export function addressCause(
  service: { readonly since: Date; readonly event: string | null } | null,
  now: Date,
): Failure | undefined {
  if (service === null) return undefined;
  const isLate = now.getTime() - service.since.getTime() > addressPatienceMs;
  const said = service.event === null ? undefined : causeOfWords(service.event, 'ControlPlaneAddressPending');
  if (said !== undefined && (isLate || said.reason !== 'ControlPlaneAddressPending')) return said;
  return isLate ? failureOf('ControlPlaneAddressPending', `since ${service.since.toISOString()}`) : undefined;
}

function lineWith(text: string, pattern: RegExp): string {
  return text.split('\n').findLast((line) => pattern.test(line)) ?? text;
}
