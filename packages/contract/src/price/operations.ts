import { Type } from 'typebox';
import { page } from '../common.ts';
import { defineOperation } from '../operation-definition.ts';
import { PriceList, PriceListCreate } from './schema.ts';

export const priceOperations = {
  'price.list': defineOperation({
    method: 'GET',
    path: '/v1/price-lists',
    summary: 'Price lists, the latest first: what was used is priced by the list of its time',
    tag: 'price',
    access: 'viewer',
    query: Type.Object({}, { additionalProperties: false }),
    success: { status: 200, schema: page(PriceList) },
    errors: [],
    cli: { command: 'price list', summary: 'Show prices' },
  }),
  'price.publish': defineOperation({
    method: 'POST',
    path: '/v1/price-lists',
    summary: 'Publish a price list for all projects',
    description: 'It replaces the one before it from `validFrom` on, which may not lie in the past.',
    tag: 'price',
    access: 'provider',
    body: PriceListCreate,
    success: { status: 201, schema: PriceList },
    write: true,
    idempotent: true,
    errors: [],
    cli: { command: 'price publish', summary: 'Publish a price list' },
  }),
  'price.withdraw': defineOperation({
    method: 'DELETE',
    path: '/v1/price-lists/{priceListId}',
    summary: 'Withdraw a price list that is not valid yet',
    tag: 'price',
    access: 'provider',
    params: Type.Object({ priceListId: Type.String() }),
    success: { status: 204 },
    write: true,
    idempotent: true,
    errors: ['price_list_begun'],
    cli: { command: 'price withdraw', summary: 'Withdraw a price list that is not valid yet' },
  }),
};
