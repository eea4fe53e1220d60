import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type OperationDefinition, problemsOf } from '../operation-definition.ts';
import { problemCodes } from '../problem.ts';
import { operationIds, operations } from '../table.ts';
import { openApiDocument } from './document.ts';

const committed = new URL('../../openapi.json', import.meta.url).pathname;

interface Response {
  readonly content?: Readonly<Record<string, unknown>>;
  readonly 'x-problem-codes'?: readonly string[];
}
interface Operation {
  readonly operationId: string;
  readonly parameters?: readonly { readonly name?: string; readonly in?: string; readonly $ref?: string }[];
  readonly requestBody?: unknown;
  readonly responses: Readonly<Record<string, Response>>;
  readonly security?: readonly unknown[];
}
const document = openApiDocument() as unknown as {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
};
const operationOf = (id: string): Operation | undefined =>
  Object.values(document.paths)
    .flatMap((path) => Object.values(path))
    .find((operation) => operation.operationId === id);

function referencesIn(value: unknown): readonly string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    key === '$ref' && typeof inner === 'string' ? [inner] : referencesIn(inner),
  );
}

describe('the OpenAPI document', () => {
  it('is committed as the table makes it now (write it anew with --update)', async () => {
    expect(existsSync(committed)).toBe(true);
    await expect(`${JSON.stringify(document, null, 2)}\n`).toMatchFileSnapshot(committed);
  });

  it('has every operation once, at its path and method', () => {
    const found = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, { operationId }]) => `${operationId} ${method.toUpperCase()} ${path}`),
    );
    const wanted = operationIds.map((id) => `${id} ${operations[id].method} ${operations[id].path}`);
    expect([...found].sort()).toEqual([...wanted].sort());
  });

  it('refers only to what it holds, and holds nothing else', () => {
    const references = new Set(referencesIn(document));
    const held = Object.entries(document.components)
      .filter(([kind]) => kind !== 'securitySchemes')
      .flatMap(([kind, entries]) => Object.keys(entries).map((name) => `#/components/${kind}/${name}`));
    expect([...references].sort()).toEqual([...held].sort());
  });

  it.each(operationIds)('describes parameters, bodies and answers of %s', (id) => {
    const definition: OperationDefinition = operations[id];
    const operation = operationOf(id);
    const inPath = [...definition.path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);
    const named = (place: string) =>
      (operation?.parameters ?? []).filter((parameter) => parameter.in === place).map((parameter) => parameter.name);
    expect(named('path')).toEqual(inPath);
    expect(named('query')).toEqual([
      ...Object.keys(definition.query?.properties ?? {}),
      ...(definition.sparse ? ['fields'] : []),
    ]);
    expect(operation?.requestBody !== undefined).toBe(definition.body !== undefined);
    expect(operation?.security).toEqual(definition.access === 'public' ? [] : undefined);
    const success = operation?.responses[String(definition.success.status)];
    expect(success?.content !== undefined).toBe(definition.success.schema !== undefined);
    const codes = Object.values(operation?.responses ?? {}).flatMap((response) => response['x-problem-codes'] ?? []);
    expect([...codes].sort()).toEqual(problemsOf(definition));
  });
});

describe('the operation table', () => {
  it('has no path and method twice, and only problems that exist', () => {
    const places = operationIds.map(
      (id) => `${operations[id].method} ${operations[id].path.replace(/\{\w+\}/g, '{}')}`,
    );
    expect(new Set(places).size).toBe(places.length);
    for (const id of operationIds) for (const code of problemsOf(operations[id])) expect(problemCodes).toContain(code);
  });

  it('answers 202 where it is asynchronous, and takes keys for every change', () => {
    for (const id of operationIds) {
      const definition: OperationDefinition = operations[id];
      expect(definition.success.status === 202, id).toBe(definition.async === true);
      if (definition.async || (definition.method === 'POST' && !definition.reads))
        expect(definition.idempotent === true || definition.tag === 'auth', id).toBe(true);
      const changes = definition.async === true || definition.write === true;
      if (definition.tag !== 'auth') expect(changes, id).toBe(definition.method !== 'GET' && !definition.reads);
    }
  });
});
