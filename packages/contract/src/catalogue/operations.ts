import { Type } from 'typebox';
import { page } from '../common.ts';
import { defineOperation } from '../operation-definition.ts';
import { Flavor, Version } from './schema.ts';

const noQuery = Type.Object({}, { additionalProperties: false });

export const catalogueOperations = {
  'version.list': defineOperation({
    method: 'GET',
    path: '/v1/versions',
    summary: 'Kubernetes versions',
    tag: 'catalogue',
    access: 'viewer',
    query: noQuery,
    success: { status: 200, schema: page(Version) },
    errors: [],
    cli: { command: 'version list', summary: 'List Kubernetes versions' },
  }),
  'flavor.list': defineOperation({
    method: 'GET',
    path: '/v1/flavors',
    summary: 'Sizes of workers',
    tag: 'catalogue',
    access: 'viewer',
    query: noQuery,
    success: { status: 200, schema: page(Flavor) },
    errors: [],
    cli: { command: 'flavor list', summary: 'List worker sizes' },
  }),
};
