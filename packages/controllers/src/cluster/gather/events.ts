import type { KubeClient, KubeObject } from '@matryoshka/kube';
import { textAt } from '../read.ts';

/** The warnings of one kind that an API server still has, the latest of each object: its `namespace/name` and the words. */
export async function warningsOf(
  client: KubeClient,
  { reason, kind, namespace }: { readonly reason?: string; readonly kind: string; readonly namespace?: string },
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const fieldSelector = [
    'type=Warning',
    `involvedObject.kind=${kind}`,
    ...(reason === undefined ? [] : [`reason=${reason}`]),
  ].join(',');
  const query = { apiVersion: 'v1', kind: 'Event', fieldSelector, ...(namespace === undefined ? {} : { namespace }) };
  const { items } = await client.list<KubeObject>(query, { signal });
  const sorted = items.toSorted((a, b) => timeOf(a).localeCompare(timeOf(b)));
  return new Map(
    sorted.map((event) => [
      `${textAt(event, 'involvedObject', 'namespace') ?? ''}/${textAt(event, 'involvedObject', 'name') ?? ''}`,
      textAt(event, 'message') ?? '',
    ]),
  );
}

const timeOf = (event: KubeObject): string =>
  textAt(event, 'lastTimestamp') ?? textAt(event, 'eventTime') ?? event.metadata.creationTimestamp ?? '';
