import { type TSchema, Type } from 'typebox';
import type { OperationDefinition } from '../operation-definition.ts';
import { problemsOf } from '../operation-definition.ts';
import { Problem, type ProblemCode, problems, problemsUrl } from '../problem.ts';
import { sparseQuery, sparseSchema } from '../sparse.ts';
import { operations } from '../table.ts';
import { headers, parameters } from './headers.ts';
import { createSchemaCollector, type Json, type JsonObject, type SchemaCollector } from './schemas.ts';

/** The version of the API: grows in the middle with additions; the first number is the one in the paths. */
export const apiVersion = '1.0.0';

/** The OpenAPI 3.1 document of the table. Pure: the same table gives the same text. */
export function openApiDocument(): JsonObject {
  const schemas = createSchemaCollector();
  const paths: Record<string, Record<string, JsonObject>> = {};
  for (const [id, definition] of Object.entries(operations) as readonly [string, OperationDefinition][]) {
    const method = { [definition.method.toLowerCase()]: operationObject(id, definition, schemas) };
    paths[definition.path] = { ...paths[definition.path], ...method };
  }
  return {
    openapi: '3.1.1',
    info: {
      title: 'Matryoshka',
      version: apiVersion,
      summary: 'Kubernetes clusters on OpenStack',
      description: [
        `Errors are problem documents (RFC 9457); their codes are explained at ${problemsUrl}.`,
        'Changes answer `202` with an Operation and go on afterwards. Every answer carries `x-request-id`.',
        'New fields, values of enumerations and operations may be added at any time; clients ignore what they do not know.',
      ].join('\n'),
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    security: [{ session: [] }, { browser: [] }],
    tags: [...new Set(Object.values(operations).map((definition) => definition.tag))].map((name) => ({ name })),
    paths,
    components: {
      securitySchemes: {
        session: { type: 'http', scheme: 'bearer', description: 'The token that `POST /v1/auth/login` answers' },
        browser: {
          ...{ type: 'apiKey', in: 'cookie', name: '__Host-kaas' },
          description: 'What `POST /v1/auth/browser-login` sets; counts for pages of this service only',
        },
      },
      parameters,
      headers,
      schemas: sorted(schemas.components),
    },
  };
}

function operationObject(id: string, definition: OperationDefinition, schemas: SchemaCollector): JsonObject {
  const parameterList = [
    ...parametersOf('path', definition.params, schemas),
    ...parametersOf('query', definition.query, schemas),
    ...(definition.sparse ? fieldsParameter(definition, schemas) : []),
    ...(definition.idempotent ? [reference('parameters', 'IdempotencyKey')] : []),
    ...(definition.ifMatch ? [reference('parameters', 'IfMatch')] : []),
    ...(definition.stream ? [reference('parameters', 'LastEventId')] : []),
  ];
  return {
    operationId: id,
    summary: definition.summary,
    ...(definition.description === undefined ? {} : { description: definition.description }),
    tags: [definition.tag],
    ...(definition.deprecated === undefined ? {} : { deprecated: true }),
    ...(definition.access === 'public' ? { security: [] } : {}),
    ...(parameterList.length === 0 ? {} : { parameters: parameterList }),
    ...(definition.body === undefined ? {} : { requestBody: bodyObject(definition, schemas.place(definition.body)) }),
    responses: {
      [definition.success.status]: successObject(definition, schemas),
      ...problemResponses(definition, schemas),
    },
    'x-access': definition.access,
    ...(definition.async ? { 'x-async': true } : {}),
    ...(definition.cli === undefined ? {} : { 'x-cli': definition.cli.command }),
  };
}

const reference = (kind: string, name: string): JsonObject => ({ $ref: `#/components/${kind}/${name}` });

function parametersOf(place: 'path' | 'query', schema: TSchema | undefined, schemas: SchemaCollector): JsonObject[] {
  const { properties = {}, required = [] } = (schema ?? {}) as {
    readonly properties?: Readonly<Record<string, TSchema>>;
    readonly required?: readonly string[];
  };
  return Object.entries(properties).map(([name, property]) => {
    const { description, ...rest } = schemas.place(property);
    return {
      name,
      in: place,
      required: place === 'path' || required.includes(name),
      ...(description === undefined ? {} : { description }),
      schema: rest,
    };
  });
}

function bodyObject({ bodyOptional }: OperationDefinition, schema: JsonObject): JsonObject {
  return { required: bodyOptional !== true, content: { 'application/json': { schema } } };
}

function successObject({ success, ...definition }: OperationDefinition, schemas: SchemaCollector): JsonObject {
  const names = [
    'x-request-id',
    ...(definition.etag ? ['etag'] : []),
    ...(definition.async ? ['location'] : []),
    ...(definition.idempotent ? ['idempotency-replayed'] : []),
  ];
  const type = definition.stream ? 'text/event-stream' : 'application/json';
  const description = definition.stream
    ? 'A stream of events; the schema describes the `data` of one'
    : definition.async
      ? 'Accepted; the work goes on'
      : 'Done';
  return {
    description,
    headers: headerReferences(names),
    ...(success.schema === undefined
      ? {}
      : { content: { [type]: { schema: answerSchema(definition, success, schemas) } } }),
  };
}

function answerSchema(
  definition: Pick<OperationDefinition, 'sparse'>,
  success: OperationDefinition['success'],
  schemas: SchemaCollector,
): JsonObject {
  const whole = schemas.place(success.schema as TSchema);
  return definition.sparse ? { anyOf: [whole, schemas.place(sparseSchema({ success }))] } : whole;
}

const fieldsParameter = (definition: OperationDefinition, schemas: SchemaCollector): JsonObject[] =>
  parametersOf('query', Type.Object({ fields: Type.Optional(sparseQuery(definition)) }), schemas);

function problemResponses(definition: OperationDefinition, schemas: SchemaCollector): Record<string, JsonObject> {
  const byStatus = new Map<number, ProblemCode[]>();
  for (const code of problemsOf(definition)) {
    const { status } = problems[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  const content: Json = { 'application/problem+json': { schema: schemas.place(Problem) } };
  return Object.fromEntries(
    [...byStatus].map(([status, codes]) => [
      String(status),
      {
        description: codes.map((code) => `\`${code}\`: ${problems[code].title}`).join('\n'),
        headers: headerReferences([
          'x-request-id',
          ...(status === 401 ? ['www-authenticate'] : []),
          ...(status === 429 || status === 503 ? ['retry-after'] : []),
        ]),
        content,
        'x-problem-codes': codes,
      },
    ]),
  );
}

function headerReferences(names: readonly string[]): JsonObject {
  return Object.fromEntries(names.map((name) => [name, reference('headers', name)]));
}

function sorted(record: Readonly<Record<string, JsonObject>>): JsonObject {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
}
