type Json = unknown;
type JsonObject = Readonly<Record<string, Json>>;

const objectOf = (value: Json): JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : {};
const listOf = (value: Json): readonly Json[] => (Array.isArray(value) ? value : []);
const text = (value: Json): string => JSON.stringify(value) ?? 'nothing';

/** Whether a schema says what is sent to us, or what we answer: what is a promise on one side is a demand on the other. */
type Side = 'request' | 'answer';

const methods = ['get', 'post', 'put', 'patch', 'delete'];
const ranks = ['public', 'authenticated', 'viewer', 'operator', 'admin', 'provider'];
// A new bound, or another one, may refuse what was taken.
const bounds = [
  'pattern',
  'format',
  'minLength',
  'maxLength',
  'minimum',
  'maximum',
  'minItems',
  'maxItems',
  'minProperties',
];

/**
 * What of an OpenAPI document would break a client of an earlier one: an operation, member, value or status that is gone, another type, a demand that is new. Additions are none:
 * clients ignore what they do not know. Empty: the later one is additive only.
 */
export function breakingChanges(earlier: JsonObject, later: JsonObject): readonly string[] {
  const faults: string[] = [];
  const before = objectOf(earlier.paths);
  const after = objectOf(later.paths);
  for (const [path, item] of Object.entries(before))
    for (const method of methods) {
      const was = objectOf(item)[method];
      if (was === undefined) continue;
      const place = `${method.toUpperCase()} ${path}`;
      const is = objectOf(after[path])[method];
      if (is === undefined) faults.push(`${place} is gone`);
      else operationFaults({ earlier, later, faults }, place, objectOf(was), objectOf(is));
    }
  return faults;
}

interface Comparison {
  readonly earlier: JsonObject;
  readonly later: JsonObject;
  readonly faults: string[];
}

function operationFaults(comparison: Comparison, place: string, was: JsonObject, is: JsonObject): void {
  const { faults } = comparison;
  if (was.operationId !== is.operationId) faults.push(`${place} has another name: ${text(is.operationId)}`);
  if (ranks.indexOf(String(is['x-access'])) > ranks.indexOf(String(was['x-access'])))
    faults.push(`${place} demands more: ${text(is['x-access'])}`);
  parameterFaults(comparison, place, was, is);
  const bodies = [was, is].map((operation) => bodySchema(objectOf(operation.requestBody)));
  if (bodies[0] === undefined && objectOf(is.requestBody).required === true) faults.push(`${place} demands a body`);
  schemaFaults(comparison, `${place} body`, 'request', bodies[0], bodies[1]);
  for (const [status, answer] of Object.entries(objectOf(was.responses))) {
    if (!status.startsWith('2')) continue;
    const now = objectOf(is.responses)[status];
    if (now === undefined) faults.push(`${place} does not answer ${status} any more`);
    else
      schemaFaults(comparison, `${place} ${status}`, 'answer', bodySchema(objectOf(answer)), bodySchema(objectOf(now)));
  }
}

function bodySchema({ content }: JsonObject): Json | undefined {
  const [first] = Object.values(objectOf(content));
  return first === undefined ? undefined : objectOf(first).schema;
}

function parameterFaults(comparison: Comparison, place: string, was: JsonObject, is: JsonObject): void {
  const keyed = (document: JsonObject, operation: JsonObject) =>
    new Map(
      listOf(operation.parameters).map((parameter) => {
        const found = resolve(document, parameter);
        return [`${found.in} ${String(found.name)}`, found];
      }),
    );
  const before = keyed(comparison.earlier, was);
  const after = keyed(comparison.later, is);
  for (const [name, parameter] of before) {
    const now = after.get(name);
    if (now === undefined) comparison.faults.push(`${place} takes no ${name} any more`);
    else schemaFaults(comparison, `${place} ${name}`, 'request', parameter.schema, now.schema);
  }
  for (const [name, parameter] of after)
    if (parameter.required === true && before.get(name)?.required !== true)
      comparison.faults.push(`${place} demands ${name}`);
}

function resolve(document: JsonObject, schema: Json): JsonObject {
  const { $ref } = objectOf(schema);
  if (typeof $ref !== 'string') return objectOf(schema);
  let found: Json = document;
  for (const step of $ref.slice(2).split('/')) found = objectOf(found)[step];
  return objectOf(found);
}

function schemaFaults(comparison: Comparison, place: string, side: Side, before: Json, after: Json, depth = 0): void {
  if (before === undefined) return;
  const { faults } = comparison;
  if (after === undefined) {
    faults.push(`${place} is gone`);
    return;
  }
  const was = resolve(comparison.earlier, before);
  const is = resolve(comparison.later, after);
  // No document of ours is deeper; a schema that holds itself would be.
  if (depth > 20) return;
  if (text(was.type) !== text(is.type)) faults.push(`${place} has another type: ${text(is.type)}`);
  if (side === 'request')
    for (const bound of bounds)
      if (is[bound] !== undefined && text(is[bound]) !== text(was[bound]))
        faults.push(`${place} has another ${bound}: ${text(is[bound])}`);
  valueFaults(faults, place, side, was, is);
  memberFaults(comparison, place, side, was, is, depth);
  if (was.items !== undefined) schemaFaults(comparison, `${place}[]`, side, was.items, is.items, depth + 1);
  const branches = listOf(was.anyOf);
  const now = listOf(is.anyOf);
  if (branches.length > now.length) faults.push(`${place} has fewer variants`);
  if (side === 'answer' && now.length > branches.length && branches.length > 0)
    faults.push(`${place} has more variants`);
  branches.forEach((branch, index) => {
    if (now[index] !== undefined) schemaFaults(comparison, `${place}(${index})`, side, branch, now[index], depth + 1);
  });
}

/** A value that may be sent no more is a break; one that may be answered anew is not: clients are told to expect it. */
function valueFaults(faults: string[], place: string, side: Side, was: JsonObject, is: JsonObject): void {
  if (was.const !== undefined && text(was.const) !== text(is.const)) faults.push(`${place} is not ${text(was.const)}`);
  if (is.enum === undefined || side === 'answer') return;
  const allowed = listOf(is.enum).map(text);
  const gone =
    was.enum === undefined
      ? ['some values']
      : listOf(was.enum)
          .map(text)
          .filter((value) => !allowed.includes(value));
  if (gone.length > 0) faults.push(`${place} takes no ${gone.join(', ')} any more`);
}

function memberFaults(
  comparison: Comparison,
  place: string,
  side: Side,
  was: JsonObject,
  is: JsonObject,
  depth: number,
): void {
  const required = { was: listOf(was.required), is: listOf(is.required) };
  for (const [name, schema] of Object.entries(objectOf(was.properties))) {
    const now = objectOf(is.properties)[name];
    schemaFaults(comparison, `${place}.${name}`, side, schema, now, depth + 1);
    if (side === 'answer' && now !== undefined && required.was.includes(name) && !required.is.includes(name))
      comparison.faults.push(`${place}.${name} may be absent`);
  }
  if (side !== 'request') return;
  for (const name of required.is)
    if (!required.was.includes(name)) comparison.faults.push(`${place}.${String(name)} is demanded`);
}
