import { isNotFound, type KubeClient, type KubeObject } from '@matryoshka/kube';
import type { DataStoreAddress, DataStoreMeasure, ObservedManagementCluster } from '@matryoshka/postgres';
import { errorMessage, type Logger } from '@matryoshka/system';

export const dataStoreApiVersion = 'kamaji.clastix.io/v1alpha1';

/** What its operator allows, on the DataStore in the management cluster. */
export const budgetAnnotations = {
  tenants: 'matryoshka.dev/max-tenants',
  connections: 'matryoshka.dev/max-connections',
  gib: 'matryoshka.dev/max-gib',
} as const;

/** Of the connections a server takes, when nobody says how many: the rest is for Kamaji, for us, and for bursts. */
const usableShare = 0.8;

interface Reference {
  readonly secretReference?: { readonly name: string; readonly namespace: string; readonly keyPath: string };
  readonly content?: string;
}

interface DataStore extends KubeObject {
  readonly spec: {
    readonly driver: string;
    readonly endpoints: readonly string[];
    readonly basicAuth?: { readonly username: Reference; readonly password: Reference };
    readonly tlsConfig?: {
      readonly certificateAuthority: { readonly certificate: Reference };
      readonly clientCertificate?: { readonly certificate: Reference; readonly privateKey: Reference };
    };
  };
}

export interface ObserveOptions {
  readonly measure: (address: DataStoreAddress) => Promise<DataStoreMeasure>;
  /** Leaves databases of control planes to their own roles; answers which were open to others. */
  readonly close: (address: DataStoreAddress) => Promise<readonly string[]>;
  /** Looks into databases of control planes in the DataStore of this name, and keeps what it saw. */
  readonly measureTenants: (dataStore: string, address: DataStoreAddress) => Promise<void>;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/** Budget and state of a DataStore. One that does not answer has no numbers; that control planes suffer from it is their own cause. */
export async function observeDataStore(
  management: KubeClient,
  object: KubeObject,
  options: ObserveOptions,
): Promise<ObservedManagementCluster['dataStores'][number]> {
  const store = object as DataStore;
  const { name, annotations = {} } = store.metadata;
  let measured: DataStoreMeasure | undefined;
  try {
    const address = await addressOf(management, store, options.signal);
    if (address !== undefined) {
      const closed = await options.close(address);
      if (closed.length > 0) options.log.info({ dataStore: name, closed }, 'databases were closed to other roles');
      measured = await options.measure(address);
      await options.measureTenants(name, address);
    }
  } catch (error) {
    if (options.signal.aborted) throw error;
    options.log.warn({ dataStore: name, reason: errorMessage(error) }, 'a DataStore could not be looked after');
  }
  const budget = (annotation: string): number | null => {
    const text = annotations[annotation];
    if (text === undefined) return null;
    if (/^\d{1,12}$/.test(text)) return Number(text);
    options.log.warn({ dataStore: name, annotation, text }, 'a budget of a DataStore is no whole number');
    return null;
  };
  const gib = budget(budgetAnnotations.gib);
  const usable = measured === undefined ? null : Math.floor(measured.maxConnections * usableShare);
  return {
    name,
    maxTenants: budget(budgetAnnotations.tenants),
    maxConnections: budget(budgetAnnotations.connections) ?? usable,
    maxBytes: gib === null ? null : gib * 2 ** 30,
    connections: measured?.connections ?? null,
    bytes: measured?.bytes ?? null,
  };
}

/** How the PostgreSQL behind the DataStore of a name is reached. Throws when it is not there, or no PostgreSQL. */
export async function dataStoreAddress(
  management: KubeClient,
  name: string,
  signal: AbortSignal,
): Promise<DataStoreAddress> {
  const object = await management.get({ apiVersion: dataStoreApiVersion, kind: 'DataStore', name }, { signal });
  const address = await addressOf(management, object as DataStore, signal);
  if (address === undefined) throw new Error(`the DataStore ${name} is no PostgreSQL`);
  return address;
}

async function addressOf(
  management: KubeClient,
  { spec }: DataStore,
  signal: AbortSignal,
): Promise<DataStoreAddress | undefined> {
  const [endpoint] = spec.endpoints;
  if (spec.driver !== 'PostgreSQL' || endpoint === undefined || spec.basicAuth === undefined) return undefined;
  const url = new URL(`postgres://${endpoint}`);
  const read = async (reference: Reference): Promise<string> => await contentOf(management, reference, signal);
  const { tlsConfig: tls } = spec;
  return {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: Number(url.port || 5432),
    user: await read(spec.basicAuth.username),
    password: await read(spec.basicAuth.password),
    ...(tls === undefined
      ? {}
      : {
          tls: {
            ca: await read(tls.certificateAuthority.certificate),
            ...(tls.clientCertificate === undefined
              ? {}
              : {
                  cert: await read(tls.clientCertificate.certificate),
                  key: await read(tls.clientCertificate.privateKey),
                }),
          },
        }),
  };
}

/** A member of a Secret, or what stands in the DataStore itself (base64). Source: Kamaji, api/v1alpha1 ContentRef. */
async function contentOf(
  management: KubeClient,
  { secretReference, content }: Reference,
  signal: AbortSignal,
): Promise<string> {
  if (secretReference === undefined) return decode(content);
  const { name, namespace, keyPath } = secretReference;
  try {
    const secret = await management.get<KubeObject & { readonly data?: Readonly<Record<string, string>> }>(
      { apiVersion: 'v1', kind: 'Secret', name, namespace },
      { signal },
    );
    return decode(secret.data?.[keyPath]);
  } catch (error) {
    if (isNotFound(error)) throw new Error(`there is no Secret ${namespace}/${name}`, { cause: error });
    throw error;
  }
}

const decode = (text = ''): string => Buffer.from(text, 'base64').toString('utf8');
