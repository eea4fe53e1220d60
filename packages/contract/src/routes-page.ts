import { clusterPhases } from './cluster/schema.ts';
import { eventTypes } from './event/schema.ts';
import { leftoverKinds } from './leftover/schema.ts';
import { logComponents } from './log/schema.ts';
import type { OperationDefinition } from './operation-definition.ts';
import { remainKinds } from './remain/schema.ts';
import { operations } from './table.ts';

/** routes.ts: of every operation what a client must know to send it, without the schemas, whose library takes half of the time in which a command starts. */
export function routesModule(): string {
  const routes = Object.entries(operations).map(([id, { method, path }]: [string, OperationDefinition]) => [
    id,
    { method, path },
  ]);
  return `// Generated from the operation table. To write it anew: npx vitest run --project unit packages/contract --update

/** Method and path of every operation. */
export const routes = ${JSON.stringify(Object.fromEntries(routes), null, 2)} as const;

export { clusterPhases, eventTypes, leftoverKinds, logComponents, remainKinds } from './words.ts';
`;
}

/** words.ts: closed lists of words, for clients that do without the schemas. */
export function wordsModule(): string {
  return `// Generated from the schemas. To write it anew: npx vitest run --project unit packages/contract --update

/** Every type of event. */
export const eventTypes = ${JSON.stringify(eventTypes, null, 2)} as const;

/** What of a control plane has a log. */
export const logComponents = ${JSON.stringify(logComponents, null, 2)} as const;

/** Kinds of what a deleted cluster may leave in a project. */
export const leftoverKinds = ${JSON.stringify(leftoverKinds, null, 2)} as const;

/** Phases of a cluster that exists. */
export const clusterPhases = ${JSON.stringify(clusterPhases, null, 2)} as const;

/** Kinds of what may remain of a deletion that was ended by force. */
export const remainKinds = ${JSON.stringify(remainKinds, null, 2)} as const;
`;
}
