import { randomBytes } from 'node:crypto';
import { hashToken, newToken, type ProveIdentity } from '@matryoshka/application';
import type { Role } from '@matryoshka/contract';
import { defaultLimits } from '@matryoshka/domain';
import {
  createPool,
  createSecretBox,
  fixedKeys,
  insertSession,
  migrate,
  type Pool,
  prepareDatabase,
  registerManagementCluster,
  replaceFlavors,
  replaceKubernetesVersions,
  replaceProjectQuota,
  type SecretBox,
  saveProject,
  saveSecret,
} from '@matryoshka/postgres';
import { startTestPostgres, type TestPostgres } from '@matryoshka/testkit';
import { pino } from 'pino';
import { type ApiOptions, createApi } from '../server.ts';

/** A database as kaas-controller leaves it, and as many API processes on it as a test wants. */
export interface TestPlatform {
  readonly postgres: TestPostgres;
  readonly apiUrl: string;
  /** Role kaas_controller: sees all projects. */
  readonly controller: Pool;
  readonly secretBox: SecretBox;
  /** Hexadecimal, for KAAS_SECRET_KEY_FILE. */
  readonly secretKey: string;
  startApi(options?: Partial<ApiOptions>): Promise<TestApi>;
  /** A project that nobody used before. */
  newProject(): Promise<string>;
  /** A token as a login would give it. */
  login(
    projectId: string,
    role: Role,
    life?: { readonly expiresAt: Date; readonly isProvider?: boolean },
  ): Promise<string>;
  setQuota(projectId: string, instances: number): Promise<void>;
  saveKubeconfig(projectId: string, clusterId: string, kubeconfig: string): Promise<void>;
  /** What no role of the product may do: to play the passing of time, for example. */
  asSuperuser(sql: string): Promise<void>;
  /** Rows of every table that a request could leave something in. */
  countRows(): Promise<Readonly<Record<string, number>>>;
  /** Runs at `stop`, before the database goes; the last one first. */
  defer(work: () => Promise<void>): void;
  stop(): Promise<void>;
}

export interface TestApi {
  readonly url: string;
  readonly pool: Pool;
  readonly log: readonly string[];
  close(graceMs?: number): Promise<void>;
}

const passwords = { owner: 'o', api: 'a', controller: 'c' };
const tables = [
  'clusters',
  'pools',
  'operations',
  'events',
  'audit_records',
  'idempotency_keys',
  'sessions',
  'projects',
  'deletion_receipts',
  'api_tokens',
  'project_members',
  'log_exports',
  'webhooks',
  'webhook_deliveries',
  'price_lists',
  'budgets',
];

const nobody: ProveIdentity = async () => {
  throw new Error('this test logs nobody in');
};

export async function startTestPlatform(): Promise<TestPlatform> {
  const postgres = await startTestPostgres();
  const open: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    for (const close of open.splice(0).toReversed()) await close();
    await postgres.stop();
  };
  try {
    await prepareDatabase({ superuserUrl: postgres.superuserUrl, database: 'kaas', passwords });
    await migrate(postgres.url('kaas', 'kaas', passwords.owner));
    const apiUrl = postgres.url('kaas', 'kaas_api', passwords.api);
    const controller = createPool(postgres.url('kaas', 'kaas_controller', passwords.controller));
    open.push(async () => await controller.end());
    await fillCatalogue(controller);
    const secretKey = randomBytes(32).toString('hex');
    const secretBox = createSecretBox(fixedKeys([Buffer.from(secretKey, 'hex')]));
    let projects = 0;
    return {
      postgres,
      apiUrl,
      controller,
      secretBox,
      secretKey,
      startApi: async (options = {}) => {
        const api = await startApi(apiUrl, secretBox, options);
        open.push(api.close);
        return api;
      },
      newProject: async () => {
        projects += 1;
        const id = `p${projects}`;
        await saveProject(controller, { id, name: `project ${projects}` });
        return id;
      },
      login: async (projectId, role, life = { expiresAt: new Date(Date.now() + 3_600_000) }) => {
        const token = newToken();
        const project = { id: projectId, name: `project ${projectId.slice(1)}` };
        await insertSession(controller, hashToken(token), {
          projectId: project.id,
          projectName: project.name,
          projects: [project],
          userId: `u-${role}`,
          userName: role,
          role,
          isProvider: life.isProvider ?? false,
          expiresAt: life.expiresAt,
        });
        return token;
      },
      setQuota: async (projectId, instances) => {
        const limits = { instances: { limit: instances, used: 0 } };
        await replaceProjectQuota(controller, projectId, { limits, clusters: {} });
      },
      saveKubeconfig: async (projectId, clusterId, kubeconfig) =>
        await saveSecret(controller, secretBox, {
          owner: clusterId,
          kind: 'kubeconfig',
          projectId,
          value: kubeconfig,
        }),
      asSuperuser: async (sql) => {
        await withSuperuser(postgres, async (pool) => await pool.query(sql));
      },
      countRows: async () => {
        const counts = tables.map((table) => `(select count(*) from ${table}) as ${table}`).join(', ');
        const query = async (pool: Pool) => await pool.query<Record<string, number>>(`select ${counts}`);
        return (await withSuperuser(postgres, query)).rows[0] ?? {};
      },
      defer: (work) => open.push(work),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function fillCatalogue(controller: Pool): Promise<void> {
  const version = (name: string, image: string | null, state: 'offered' | 'withdrawn' = 'offered') => ({
    version: name,
    imageName: image,
    imageId: image,
    state,
    isDefault: name === 'v1.36.3',
  });
  await replaceKubernetesVersions(controller, [
    version('v1.36.3', 'image-1'),
    version('v1.35.7', 'image-2'),
    version('v1.37.0', null),
    version('v1.30.0', 'image-3', 'withdrawn'),
  ]);
  await registerManagementCluster(controller, 'default', 'RegionOne');
  const flavor = (name: string, vcpus: number) => ({ name, flavorId: name, vcpus, ramMib: vcpus * 1024, diskGib: 10 });
  await replaceFlavors(controller, [flavor('m1.small', 1), flavor('m1.medium', 2)]);
}

async function startApi(apiUrl: string, secretBox: SecretBox, options: Partial<ApiOptions>): Promise<TestApi> {
  const notify = options.notify ?? true;
  const pool = createPool(apiUrl, { notify, connectTimeoutMs: 15_000 });
  const log: string[] = [];
  const api = createApi({
    pool,
    databaseUrl: apiUrl,
    notify,
    secretBox,
    prove: nobody,
    issuerUrl: 'https://issuer.test',
    // Tests ask faster than anybody may.
    requestsPerSecond: 0,
    limits: defaultLimits,
    log: pino({ level: 'trace' }, { write: (line) => log.push(line) }),
    ...options,
  });
  const url = await api.listen({ host: '127.0.0.1', port: 0 });
  let closed: Promise<void> | undefined;
  return {
    url,
    pool,
    log,
    close: async (graceMs) => {
      closed ??= api.close(graceMs).then(async () => await pool.end());
      await closed;
    },
  };
}

async function withSuperuser<T>(postgres: TestPostgres, work: (pool: Pool) => Promise<T>): Promise<T> {
  const pool = createPool(postgres.superuserUrl.replace(/postgres$/, 'kaas'), { max: 1 });
  try {
    return await work(pool);
  } finally {
    await pool.end();
  }
}
