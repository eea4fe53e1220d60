import { Type } from 'typebox';
import { page, pageQuery } from '../common.ts';
import { defineOperation } from '../operation-definition.ts';
import { FleetCluster, FleetSummary, fleetFilters } from './schema.ts';

export const fleetOperations = {
  'fleet.summary': defineOperation({
    method: 'GET',
    path: '/v1/fleet/summary',
    summary: 'All clusters of all projects, counted: phases, versions, causes, operations that are late',
    tag: 'fleet',
    access: 'provider',
    query: Type.Object({}, { additionalProperties: false }),
    success: { status: 200, schema: FleetSummary },
    errors: [],
    cli: { command: 'fleet summary', summary: 'Count all clusters by what they are and lack' },
  }),
  'fleet.clusters': defineOperation({
    method: 'GET',
    path: '/v1/fleet/clusters',
    summary: 'Clusters of all projects, by name, found by anything that belongs to them',
    tag: 'fleet',
    access: 'provider',
    query: Type.Object({ ...fleetFilters, ...pageQuery }, { additionalProperties: false }),
    sparse: true,
    success: { status: 200, schema: page(FleetCluster) },
    errors: [],
    cli: { command: 'fleet clusters', summary: 'List clusters of all projects' },
  }),
};
