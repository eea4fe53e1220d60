import type { CheckIdentity, ProveIdentity } from '@matryoshka/application';
import { operationIds } from '@matryoshka/contract';
import type { Limits } from '@matryoshka/domain';
import { listen, type Pool, type SecretBox } from '@matryoshka/postgres';
import { addressCheck, type Logger } from '@matryoshka/system';
import { auditHandlers } from './audit/handlers.ts';
import { authHandlers } from './auth/handlers.ts';
import { createLoginLimit, type LoginLimitOptions } from './auth/login-limit.ts';
import { createOidc, type OidcIssuer } from './auth/oidc/issuers.ts';
import { runRevalidation } from './auth/revalidate.ts';
import type { ProviderProject } from './auth/sessions.ts';
import { backupChanges, backupHandlers, backupWrites } from './backup/handlers.ts';
import { runBackupSchedule } from './backup/schedule.ts';
import { budgetWrites } from './budget/handlers.ts';
import { runBudgetWatch } from './budget/watch.ts';
import { catalogueHandlers } from './catalogue/handlers.ts';
import { certificateChanges, certificateHandlers } from './certificate/handlers.ts';
import { clusterChanges, clusterHandlers } from './cluster/handlers.ts';
import { planHandlers } from './cluster/plan.ts';
import type { ApiContext } from './context.ts';
import { credentialChanges, credentialWrites } from './credential/handlers.ts';
import { deletionHandlers, deletionWrites } from './deletion/handlers.ts';
import { runDeletionSchedule } from './deletion/schedule.ts';
import { createEventBells } from './event/bells.ts';
import { eventHandlers } from './event/handlers.ts';
import { defaultEventTimes, type EventStreamTimes } from './event/stream.ts';
import { fleetHandlers } from './fleet/handlers.ts';
import { registerHealth } from './health/health.ts';
import { hibernationHandlers } from './hibernation/handlers.ts';
import { runHibernation } from './hibernation/schedule.ts';
import { runHousekeeping } from './housekeeping.ts';
import { createApp, listenOn } from './http/app.ts';
import { type Callers, type Handlers, registerOperation } from './http/register.ts';
import { createRequestLimit } from './http/request-limit.ts';
import { keyChanges, keyHandlers } from './key/handlers.ts';
import { leftoverHandlers, leftoverWrites } from './leftover/handlers.ts';
import { logHandlers } from './log/handlers.ts';
import { logExportHandlers, logExportWrites } from './log-export/handlers.ts';
import { runMaintenance } from './maintenance/schedule.ts';
import { managementClusterHandlers, managementClusterWrites } from './management-cluster/handlers.ts';
import { memberHandlers, memberWrites } from './member/handlers.ts';
import { type ApiMetrics, noApiMetrics } from './metrics.ts';
import { nodeChanges, nodeHandlers } from './node/handlers.ts';
import { operationChanges, operationHandlers } from './operation/handlers.ts';
import { poolChanges, poolHandlers } from './pool/handlers.ts';
import { priceHandlers, priceWrites } from './price/handlers.ts';
import { projectHandlers } from './project/handlers.ts';
import { quotaHandlers } from './quota/handlers.ts';
import { remainHandlers, remainWrites } from './remain/handlers.ts';
import { repairHandlers } from './repair/handlers.ts';
import { resourceHandlers } from './resource/handlers.ts';
import { tokenHandlers, tokenWrites } from './token/handlers.ts';
import { upgradeHandlers } from './upgrade/handlers.ts';
import { usageHandlers } from './usage/handlers.ts';
import { webhookHandlers, webhookWrites } from './webhook/handlers.ts';
import { runWebhooks, type WebhookWorkerOptions } from './webhook/worker.ts';

export interface ApiOptions {
  /** As role kaas_api, which row security binds. The caller ends it after `close`. */
  readonly pool: Pool;
  /** For the one connection that listens to notifications. */
  readonly databaseUrl: string;
  /** False: events are found by polling only. Everything works the same, later. */
  readonly notify: boolean;
  readonly secretBox: SecretBox;
  readonly prove: ProveIdentity;
  /** Other identity providers whose people may log in. */
  readonly oidcIssuers?: readonly OidcIssuer[];
  /** Whether a login still holds; without it sessions last as long as they were given for. */
  readonly check?: CheckIdentity;
  /** How often each session is asked about; default: a minute. */
  readonly revalidationMs?: number;
  /** Default: the project `admin` of the domain `default`. */
  readonly providerProject?: ProviderProject;
  /** What credentials for clusters name as their issuer (see `startIssuer`). */
  readonly issuerUrl: string;
  readonly limits: Limits;
  /** Default: nothing is counted. */
  readonly metrics?: ApiMetrics;
  readonly log: Logger;
  readonly now?: () => Date;
  readonly loginLimit?: LoginLimitOptions;
  /** Of one caller, with bursts of six seconds; default 50, 0: no limit. */
  readonly requestsPerSecond?: number;
  readonly eventTimes?: Partial<EventStreamTimes>;
  /** Default: an hour. */
  readonly housekeepingIntervalMs?: number;
  /** How often deletions are looked for whose time has come; default: five seconds. */
  readonly scheduleIntervalMs?: number;
  /** How often maintenance windows are looked at; default: a minute. */
  readonly maintenanceIntervalMs?: number;
  /** How often schedules of backups are looked at; default: half a minute. */
  readonly backupIntervalMs?: number;
  /** How often schedules of hibernation are looked at; default: fifteen seconds. */
  readonly hibernationIntervalMs?: number;
  /** How long a question waits for the controller of the cluster; default: twenty seconds. */
  readonly answerPatienceMs?: number;
  /** How often budgets are looked at; default: a minute. */
  readonly budgetIntervalMs?: number;
  /** Ranges that webhooks may be sent to besides the Internet; with one, also by http. */
  readonly webhookRanges?: readonly string[];
  readonly webhooks?: Partial<
    Pick<WebhookWorkerOptions, 'intervalMs' | 'backoffMs' | 'timeoutMs' | 'patienceMs' | 'ca'>
  >;
}

export interface Api {
  /** Serves from now on; answers the URL. Throws TypedError `port_taken`. */
  listen(where: { readonly host: string; readonly port: number }): Promise<string>;
  /**
   * Ends gracefully: no new connections, streams end, requests that run are answered. What still runs after `graceMs` (default 20 000)
   * is broken off; its change is then whole in the database or not there at all.
   */
  close(graceMs?: number): Promise<void>;
}

const handlers: Handlers = {
  plain: {
    ...authHandlers,
    ...tokenHandlers,
    ...projectHandlers,
    ...memberHandlers,
    ...managementClusterHandlers,
    ...catalogueHandlers,
    ...clusterHandlers,
    ...planHandlers,
    ...upgradeHandlers,
    ...hibernationHandlers,
    ...backupHandlers,
    ...certificateHandlers,
    ...keyHandlers,
    ...deletionHandlers,
    ...poolHandlers,
    ...nodeHandlers,
    ...logHandlers,
    ...logExportHandlers,
    ...quotaHandlers,
    ...auditHandlers,
    ...repairHandlers,
    ...resourceHandlers,
    ...operationHandlers,
    ...webhookHandlers,
    ...priceHandlers,
    ...usageHandlers,
    ...fleetHandlers,
    ...leftoverHandlers,
    ...remainHandlers,
  },
  changes: {
    ...clusterChanges,
    ...poolChanges,
    ...nodeChanges,
    ...backupChanges,
    ...certificateChanges,
    ...keyChanges,
    ...credentialChanges,
    ...operationChanges,
  },
  writes: {
    ...deletionWrites,
    ...tokenWrites,
    ...backupWrites,
    ...memberWrites,
    ...logExportWrites,
    ...managementClusterWrites,
    ...credentialWrites,
    ...webhookWrites,
    ...priceWrites,
    ...budgetWrites,
    ...leftoverWrites,
    ...remainWrites,
  },
  streams: eventHandlers,
};

/** The public API over HTTP. Its routes are the operation table; it touches PostgreSQL, and Keystone for logins. */
export function createApi(options: ApiOptions): Api {
  const { pool, log } = options;
  const stopping = new AbortController();
  const bells = createEventBells();
  const context: ApiContext = {
    pool,
    log,
    bells,
    secretBox: options.secretBox,
    prove: options.prove,
    oidc: createOidc(options.oidcIssuers ?? []),
    providerProject: options.providerProject ?? { name: 'admin', domainId: 'default' },
    issuerUrl: options.issuerUrl,
    limits: options.limits,
    allowHttpWebhooks: (options.webhookRanges ?? []).length > 0,
    now: options.now ?? (() => new Date()),
    loginLimit: createLoginLimit(options.loginLimit),
    requestLimit: createRequestLimit(options.requestsPerSecond ?? 50),
    answerPatienceMs: options.answerPatienceMs ?? 20_000,
    eventTimes: { ...defaultEventTimes, ...options.eventTimes },
    stopping: stopping.signal,
  };
  const callers: Callers = new WeakMap();
  const app = createApp(log, callers, options.metrics ?? noApiMetrics);
  for (const id of operationIds) registerOperation(app, id, { handlers, context, callers });
  registerHealth(app, pool, stopping.signal);

  let background: Promise<unknown> = Promise.resolve();
  return {
    listen: async (where) => {
      const url = await listenOn(app, where);
      background = Promise.all([
        options.notify ? listen(options.databaseUrl, 'kaas_events', bells.ring, stopping.signal) : Promise.resolve(),
        runHousekeeping({
          pool,
          log,
          intervalMs: options.housekeepingIntervalMs ?? 3_600_000,
          signal: stopping.signal,
        }),
        options.check === undefined
          ? Promise.resolve()
          : runRevalidation({
              pool,
              log,
              secretBox: context.secretBox,
              check: options.check,
              provider: context.providerProject,
              everyMs: options.revalidationMs ?? 60_000,
              signal: stopping.signal,
            }),
        runWebhooks({
          pool,
          log,
          secretBox: context.secretBox,
          isAllowed: addressCheck(options.webhookRanges ?? []),
          intervalMs: 1_000,
          ...options.webhooks,
          signal: stopping.signal,
        }),
        runBudgetWatch({
          pool,
          log,
          now: context.now,
          intervalMs: options.budgetIntervalMs ?? 60_000,
          signal: stopping.signal,
        }),
        runHibernation({
          pool,
          log,
          issuerUrl: context.issuerUrl,
          now: context.now,
          intervalMs: options.hibernationIntervalMs ?? 15_000,
          signal: stopping.signal,
        }),
        runBackupSchedule({
          pool,
          log,
          now: context.now,
          intervalMs: options.backupIntervalMs ?? 30_000,
          signal: stopping.signal,
        }),
        runMaintenance({
          pool,
          log,
          limits: context.limits,
          issuerUrl: context.issuerUrl,
          now: context.now,
          intervalMs: options.maintenanceIntervalMs ?? 60_000,
          signal: stopping.signal,
        }),
        runDeletionSchedule({
          pool,
          log,
          now: context.now,
          intervalMs: options.scheduleIntervalMs ?? 5_000,
          signal: stopping.signal,
        }),
      ]);
      return url;
    },
    close: async (graceMs = 20_000) => {
      stopping.abort();
      const impatient = setTimeout(() => app.server.closeAllConnections(), graceMs);
      // A connection whose answer ends only now would be kept for the next request, which never comes.
      const sweep = setInterval(() => app.server.closeIdleConnections(), 50);
      try {
        await app.close();
      } finally {
        clearTimeout(impatient);
        clearInterval(sweep);
      }
      await background;
    },
  };
}
