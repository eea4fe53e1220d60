import { type OperationDefinition, operations } from '@matryoshka/contract';

/**
 * Tells clients that an operation will go: since when (RFC 9745, Deprecation), from when on it may be gone (RFC 8594, Sunset), and what takes its
 * place. Nothing for one that stays.
 */
export function deprecationHeaders({
  deprecated,
}: Pick<OperationDefinition, 'deprecated'>): Readonly<Record<string, string>> {
  if (deprecated === undefined) return {};
  const { since, sunset, use } = deprecated;
  const successor = use === undefined ? undefined : (operations as Readonly<Record<string, OperationDefinition>>)[use];
  return {
    deprecation: `@${Math.floor(Date.parse(since) / 1000)}`,
    ...(sunset === undefined ? {} : { sunset: new Date(sunset).toUTCString() }),
    ...(successor === undefined ? {} : { link: `<${successor.path}>; rel="successor-version"` }),
  };
}
