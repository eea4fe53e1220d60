import { createApi, createApiMetrics, keystoneIdentity, startIssuer } from '@matryoshka/api';
import {
  checkRowSecurity,
  createPool,
  createSecretBox,
  hasSqlState,
  isDatabaseUnavailable,
  keyFile,
  type Pool,
} from '@matryoshka/postgres';
import {
  createLogger,
  createMetrics,
  errorMessage,
  keepCompiled,
  type Logger,
  serveMetrics,
  TypedError,
} from '@matryoshka/system';
import { readOidcFile } from './oidc-file.ts';
import { readSettings } from './settings.ts';

/** Refuses a database that this program must not or cannot use; one that is only away now is waited for (`/readyz` says so). */
async function checkDatabaseSettings(pool: Pool, log: Logger): Promise<void> {
  try {
    await checkRowSecurity(pool);
  } catch (error) {
    // 42P01: no table yet, the migrations have not run.
    if (isDatabaseUnavailable(error) || hasSqlState(error, '42P01')) {
      log.warn({ reason: errorMessage(error) }, 'the database is not ready yet');
      return;
    }
    if (error instanceof TypedError) throw error;
    throw new TypedError(`KAAS_DATABASE_URL is refused by the database: ${errorMessage(error)}`, {
      code: 'configuration',
      next: 'Correct user, password and database in KAAS_DATABASE_URL.',
      cause: error,
    });
  }
}

async function main(): Promise<void> {
  const settings = readSettings(process.env);
  const log = createLogger('kaas-api');
  const oidcIssuers = await readOidcFile(settings.oidcFile);
  const secretBox = createSecretBox(await keyFile(settings.secretKeyFile));
  // Requests wait for a free connection rather than fail; a database that is down answers at once.
  const pool = createPool(settings.databaseUrl, {
    notify: settings.notify,
    name: 'kaas-api',
    connectTimeoutMs: 15_000,
  });
  await checkDatabaseSettings(pool, log);
  const registry = createMetrics();
  const api = createApi({
    pool,
    metrics: createApiMetrics(registry, pool),
    databaseUrl: settings.databaseUrl,
    notify: settings.notify,
    secretBox,
    ...keystoneIdentity(settings.keystoneUrl),
    oidcIssuers,
    providerProject: settings.providerProject,
    issuerUrl: settings.issuer.url,
    requestsPerSecond: settings.requestsPerSecond,
    limits: settings.limits,
    webhookRanges: settings.webhookRanges,
    log,
  });
  const issuer = await startIssuer({
    ...{ pool, secretBox, log },
    customerRanges: settings.webhookRanges,
    ...settings.issuer,
  });
  const metrics =
    settings.metricsListen === undefined ? undefined : await serveMetrics(registry, settings.metricsListen, log);
  const url = await api.listen(settings.listen);
  log.info({ url, issuer: issuer.address, metrics: metrics?.url, notify: settings.notify }, 'kaas-api listens');
  keepCompiled();

  const end = async (signal: NodeJS.Signals): Promise<void> => {
    log.info({ signal }, 'kaas-api ends: streams are closed, running requests are answered');
    await Promise.all([api.close(), issuer.close(), metrics?.close()]);
    await pool.end();
    log.info('kaas-api has ended');
  };
  for (const name of ['SIGTERM', 'SIGINT'] as const)
    process.once(name, (signal) => {
      // Whoever asks twice does not want to wait.
      for (const again of ['SIGTERM', 'SIGINT'] as const) process.once(again, () => process.exit(1));
      end(signal).then(
        () => process.exit(0),
        (error: unknown) => {
          log.error({ err: error }, 'kaas-api did not end cleanly');
          process.exit(1);
        },
      );
    });
}

try {
  await main();
} catch (error) {
  // One line for a person, before or without the log: a wrong setting is read in a terminal or in a unit's journal.
  const next = error instanceof TypedError && error.next !== undefined ? ` ${error.next}` : '';
  process.stderr.write(`kaas-api: ${`${errorMessage(error)}.${next}`.replace(/\s+/g, ' ')}\n`);
  process.exit(1);
}
