import {
  KaasError,
  mergeViolations,
  notFound,
  priceListView,
  refuseViolations,
  validatePriceList,
} from '@matryoshka/application';
import { tiers } from '@matryoshka/domain';
import {
  deletePriceList,
  inProject,
  insertPriceList,
  listFlavors,
  listPriceLists,
  lockPriceLists,
  newPriceListId,
} from '@matryoshka/postgres';
import type { PlainHandlers, WriteHandlers } from '../http/incoming.ts';

export const priceHandlers: Pick<PlainHandlers, 'price.list'> = {
  'price.list': async ({ pool }, { caller }) => {
    const lists = await inProject(pool, caller, async (tx) => await listPriceLists(tx));
    return { data: { items: lists.map(priceListView) } };
  },
};

export const priceWrites: Pick<WriteHandlers, 'price.publish' | 'price.withdraw'> = {
  'price.publish': async ({ now }, { tx, audit }, { caller, body, shape }) => {
    await lockPriceLists(tx);
    const [last] = await listPriceLists(tx);
    const flavors = (await listFlavors(tx)).map(({ name }) => name);
    const rules = validatePriceList(body, { now: now(), last, flavors, tiers });
    refuseViolations(mergeViolations(shape, rules));
    const id = newPriceListId();
    const validFrom = body.validFrom === undefined ? now() : new Date(body.validFrom);
    const list = { id, validFrom, currency: body.currency, prices: body.prices };
    await insertPriceList(tx, { ...list, createdBy: caller.userName });
    await audit({ resource: id, after: { ...list, validFrom: validFrom.toISOString() } });
    return { data: priceListView({ ...list, validUntil: null }) };
  },
  'price.withdraw': async ({ now }, { tx, audit }, { params }) => {
    await lockPriceLists(tx);
    const list = (await listPriceLists(tx)).find(({ id }) => id === params.priceListId);
    if (list === undefined) throw notFound('price list', params.priceListId);
    if (list.validFrom <= now())
      throw new KaasError('price_list_begun', `The list ${list.id} is valid since ${list.validFrom.toISOString()}.`, {
        next: 'Publish the next one: kaas price publish',
      });
    await deletePriceList(tx, list.id);
    await audit({ resource: list.id, before: priceListView(list) });
    return { data: undefined };
  },
};
