import type { StoredEvent } from '@matryoshka/postgres';

/** Types of ours begin like this, as CloudEvents wants it: the reversed name of whoever defines them. */
const typePrefix = 'dev.matryoshka.';

/** An event as a CloudEvent in JSON (CloudEvents 1.0.2, JSON Event Format 1.0.2). */
export function cloudEvent(
  projectId: string,
  event: Pick<StoredEvent, 'type' | 'at' | 'clusterId' | 'operationId' | 'data'> & { readonly id: string },
): string {
  const { id, type, at, clusterId, operationId, data } = event;
  return JSON.stringify({
    specversion: '1.0',
    id,
    source: `/v1/projects/${projectId}`,
    type: `${typePrefix}${type}`,
    ...(clusterId === null ? {} : { subject: clusterId }),
    time: at.toISOString(),
    datacontenttype: 'application/json',
    data: {
      ...(clusterId === null ? {} : { clusterId }),
      ...(operationId === null ? {} : { operationId }),
      ...data,
    },
  });
}

export const contentType = 'application/cloudevents+json';
