import { hibernationView } from '@matryoshka/application';
import { type DeletionItemKind, deletionItems } from '@matryoshka/domain';
import { allResources, inProject } from '@matryoshka/postgres';
import { clusterOf } from '../cluster/handlers.ts';
import type { PlainHandlers } from '../http/incoming.ts';
import { pricedItems } from '../price/priced.ts';

const sleeping: readonly DeletionItemKind[] = ['control-plane', 'worker-pool'];
const lasting: readonly DeletionItemKind[] = ['load-balancer', 'floating-ip', 'volume', 'volume-snapshot'];

export const hibernationHandlers: Pick<PlainHandlers, 'hibernation.get'> = {
  'hibernation.get': async (context, { caller, params }) => {
    const cluster = await clusterOf(context, caller, params.clusterId);
    const { hibernated, next } = hibernationView(cluster.hibernation, context.now());
    return await inProject(context.pool, caller, async (tx) => {
      const items = deletionItems(cluster, await allResources(tx, cluster.id), 'keep');
      const of = (kinds: readonly DeletionItemKind[]) => items.filter(({ kind }) => kinds.includes(kind));
      const [stops, stays] = [of(sleeping), of(lasting)];
      const awake = await pricedItems(tx, cluster, [...stops, ...stays], context.now());
      const asleep = await pricedItems(tx, cluster, stays, context.now());
      const words = ({ kind, name }: { readonly kind: string; readonly name: string }): string => `${kind} ${name}`;
      return {
        data: {
          ...{ hibernated, next, since: cluster.hibernationDecidedAt.toISOString() },
          stops: stops.map(words),
          stays: stays.map(words),
          price:
            awake.currency === null
              ? null
              : { currency: awake.currency, awake: { ...awake.total }, asleep: { ...asleep.total } },
        },
      };
    });
  },
};
