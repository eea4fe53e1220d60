import { type OperationDefinition, operations } from '@matryoshka/contract';

const definitions: readonly OperationDefinition[] = Object.values(operations);

const patterns = definitions.map(({ path, method }) => ({
  pattern: new RegExp(`^${path.replaceAll('.', '\\.').replace(/\{\w+\}/g, '[^/]+')}$`),
  methods: [method] as readonly string[],
}));

/** The methods a path has, for `Allow`; none when there is no such path. `open` are paths outside of the table, which are read only. */
export function allowedMethods(path: string, open: readonly string[]): readonly string[] {
  if (open.includes(path)) return ['GET', 'HEAD'];
  const found = patterns.filter((entry) => entry.pattern.test(path)).flatMap((entry) => entry.methods);
  return [...new Set(found)].sort();
}
