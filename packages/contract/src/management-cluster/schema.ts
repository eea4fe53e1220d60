import { type Static, Type } from 'typebox';
import { orNull, Timestamp } from '../common.ts';

const strict = { additionalProperties: false };
const capacity = {
  cpuMillis: Type.Integer({ description: 'Thousandths of a processor' }),
  memoryMib: Type.Integer(),
  pods: Type.Integer(),
};
const tenants = Type.Object({ standard: Type.Integer(), ha: Type.Integer() }, strict);

export const DataStore = Type.Object(
  {
    name: Type.String(),
    tenants,
    maxTenants: orNull(Type.Integer(), 'null: no limit'),
    reservedConnections: Type.Integer({ description: 'What its tenants may need' }),
    maxConnections: orNull(Type.Integer(), 'null: not known, no limit'),
    connections: orNull(Type.Integer(), 'Open ones, of all; null: not known'),
    bytes: orNull(Type.Integer(), 'Of all its databases; null: not known'),
    maxBytes: orNull(Type.Integer(), 'null: no limit'),
    archivedFrom: orNull(Timestamp, 'Since when every moment of it can be had back; null: none can'),
    archiveFailing: Type.Boolean({ description: 'Its archive does not take what is written now' }),
  },
  { $id: 'DataStore', ...strict, description: 'A PostgreSQL that holds the states of control planes' },
);

export const ManagementCluster = Type.Object(
  {
    name: Type.String(),
    region: Type.String({ description: 'Of OpenStack' }),
    state: Type.Enum(['active', 'cordoned', 'silent'], {
      description: 'cordoned: takes no new control planes; silent: its controller was not heard of for five minutes',
    }),
    cordonReason: orNull(Type.String(), 'null: not cordoned'),
    nodes: Type.Integer({ description: 'Usable ones' }),
    tenants,
    capacity: orNull(Type.Object(capacity, strict), 'Of its usable nodes; null: not known yet'),
    used: Type.Object(capacity, {
      ...strict,
      description: 'What its own pods asked for, and what control planes are counted with',
    }),
    room: Type.Object(
      { standard: Type.Boolean(), ha: Type.Boolean() },
      { ...strict, description: 'Whether one more control plane of the tier would be placed in it' },
    ),
    full: orNull(Type.String(), 'Why it takes no control plane of the standard tier; null: it does'),
    dataStores: Type.Array(DataStore),
    observedAt: orNull(Timestamp, 'null: never'),
  },
  { $id: 'ManagementCluster', ...strict },
);
export type ManagementCluster = Static<typeof ManagementCluster>;

export const Cordon = Type.Object(
  { reason: Type.String({ minLength: 1, maxLength: 500, description: 'For whoever wonders later' }) },
  { $id: 'Cordon', ...strict },
);
