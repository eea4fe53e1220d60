/** What is comparable of an answer: path in its body → the value, or the kind of value where it differs with every run. */
export type Shape = Readonly<Record<string, string>>;

/** More different values than this in one list say nothing any more. */
const manyValues = 6;
const secret = /(\.secret|\.adminPass|\.audit_ids\[\])$/;
const uuid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;
const kinds: readonly (readonly [RegExp, string])[] = [
  [/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/, 'time Z'],
  [/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/, 'time .6Z'],
  [/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}$/, 'time .6'],
  [/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/, 'time'],
  [/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/, 'hardware address'],
  [/^[0-9a-f]{2}(:[0-9a-f]{2}){15}$/, 'fingerprint'],
  [/^\d{1,3}(\.\d{1,3}){3}$/, 'address'],
];

/** Flattens a body. Items of a list are merged under `path[]`, so that its length does not matter but an empty one is told. */
export function shapeOf(body: unknown): Shape {
  const found = new Map<string, Set<string>>();
  const add = (path: string, value: string): void => {
    const values = found.get(path) ?? new Set();
    values.add(value);
    found.set(path, values);
  };
  const visit = (path: string, value: unknown): void => {
    if (Array.isArray(value)) {
      add(path, value.length === 0 ? 'empty list' : 'list');
      for (const item of value) visit(`${path}[]`, item);
    } else if (typeof value === 'object' && value !== null) {
      if (path !== '' && Object.keys(value).length === 0) add(path, 'empty object');
      for (const [key, inner] of Object.entries(value))
        visit(path === '' ? plain(key) : `${path}.${plain(key)}`, inner);
    } else if (secret.test(path)) add(path, '<secret>');
    else add(path === '' ? 'body' : path, typeof value === 'string' ? kindOf(value) : String(value));
  };
  visit('', body);
  return Object.fromEntries(
    [...found]
      .toSorted(([one], [two]) => (one < two ? -1 : 1))
      .map(([path, values]) => [path, values.size > manyValues ? 'many values' : [...values].toSorted().join(' | ')]),
  );
}

function kindOf(text: string): string {
  const kind = kinds.find(([pattern]) => pattern.test(text))?.[1];
  if (kind !== undefined) return `<${kind}>`;
  return `"${plain(text)}"`;
}

/** A text without what differs with every run: hosts, ids, addresses, times. */
export function plain(text: string): string {
  return text
    .replaceAll(/https?:\/\/[^/"'\s]+/g, '<host>')
    .replaceAll(uuid, '<uuid>')
    .replaceAll(/\b[0-9a-f]{32,128}\b/g, '<hex>')
    .replaceAll(/\b\d{1,3}(\.\d{1,3}){3}(?!\/)\b/g, '<address>')
    .replaceAll(/\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)?/g, '<time>');
}
