import { TypedError } from '@matryoshka/system';
import { isNotFound } from './errors.ts';
import type { Transport } from './transport.ts';

export interface Resource {
  readonly apiVersion: string;
  readonly kind: string;
  readonly plural: string;
  readonly namespaced: boolean;
}

interface ApiResourceList {
  readonly resources: readonly {
    readonly name: string;
    readonly kind: string;
    readonly namespaced: boolean;
  }[];
}

export interface Discovery {
  /** The resource of a kind; asks the server once per group version and again when a kind is not known (a new CRD). Throws `kubernetes_unknown_kind`. */
  resource(apiVersion: string, kind: string, signal?: AbortSignal): Promise<Resource>;
  /** Forgets what is known of a group version (or all), e.g. after a CRD was replaced. */
  invalidate(apiVersion?: string): void;
}

/** Path of a group version: the core group lives under /api, all others under /apis. */
export function groupVersionPath(apiVersion: string): string {
  return apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
}

/** Plurals and scopes from the server's discovery documents, cached. */
export function createDiscovery(transport: Transport): Discovery {
  const cache = new Map<string, Promise<ReadonlyMap<string, Resource>>>();

  const load = async (apiVersion: string, signal?: AbortSignal): Promise<ReadonlyMap<string, Resource>> => {
    try {
      const list = await transport.json<ApiResourceList>({
        method: 'GET',
        path: groupVersionPath(apiVersion),
        ...(signal === undefined ? {} : { signal }),
      });
      // Names with a slash are subresources (`pods/log`).
      return new Map(
        list.resources
          .filter((entry) => !entry.name.includes('/'))
          .map((entry) => [
            entry.kind,
            { apiVersion, kind: entry.kind, plural: entry.name, namespaced: entry.namespaced },
          ]),
      );
    } catch (error) {
      if (isNotFound(error)) return new Map();
      throw error;
    }
  };

  const ask = async (apiVersion: string, signal?: AbortSignal): Promise<ReadonlyMap<string, Resource>> => {
    const answer = load(apiVersion, signal);
    cache.set(apiVersion, answer);
    try {
      return await answer;
    } catch (error) {
      cache.delete(apiVersion);
      throw error;
    }
  };

  return {
    resource: async (apiVersion, kind, signal) => {
      const known = (await cache.get(apiVersion))?.get(kind);
      if (known !== undefined) return known;
      const found = (await ask(apiVersion, signal)).get(kind);
      if (found !== undefined) return found;
      throw new TypedError(`the API server at ${transport.connection.server} has no ${kind} in ${apiVersion}`, {
        code: 'kubernetes_unknown_kind',
        next: `Install the CustomResourceDefinition of ${kind}.`,
      });
    },
    invalidate: (apiVersion) => {
      if (apiVersion === undefined) cache.clear();
      else cache.delete(apiVersion);
    },
  };
}
