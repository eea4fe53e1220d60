import type { LogComponent, LogLine } from '@matryoshka/domain';
import {
  claimLogExports,
  type DueLogExport,
  type Pool,
  reportLogExport,
  type SecretBox,
  secretContexts,
} from '@matryoshka/postgres';
import { type AddressCheck, errorMessage, type Logger } from '@matryoshka/system';
import { periodically } from '../periodically.ts';
import { type Chunk, send } from './send.ts';

/** What was read of a replica: lines of the component, and the time of the last line of any, so that those of others are not read again. */
export interface Read {
  readonly lines: readonly LogLine[];
  readonly upTo: string;
}

/** What replicas have said after a time, the oldest first; not all of it when it is much. */
export type ReadSince = (
  clusterId: string,
  component: LogComponent,
  since: (pod: string) => string,
  signal: AbortSignal,
) => Promise<ReadonlyMap<string, Read>>;

export interface LogExportOptions {
  readonly managementCluster: string;
  readonly read: ReadSince;
  readonly isAllowed: AddressCheck;
  readonly intervalMs: number;
  readonly log: Logger;
  readonly signal: AbortSignal;
  /** PEM authorities of targets; for tests. */
  readonly ca?: string;
}

const atOnce = 10;
const leaseMs = 120_000;
const timeoutMs = 30_000;
const longestPauseMs = 300_000;

/** Sends what control planes say to where their customers want it, until the signal aborts. */
export async function runLogExports(pool: Pool, box: SecretBox, options: LogExportOptions): Promise<void> {
  const failure = 'logs could not be exported';
  await periodically({ ...options, retryMs: 5_000, failure }, async () => await exportOnce(pool, box, options));
}

/** One round over what is due. */
export async function exportOnce(pool: Pool, box: SecretBox, options: LogExportOptions): Promise<void> {
  const { managementCluster } = options;
  const due = await claimLogExports(pool, { managementCluster, limit: atOnce, leaseMs });
  await Promise.all(due.map(async (one) => await exportOne(pool, box, one, options)));
}

async function exportOne(pool: Pool, box: SecretBox, due: DueLogExport, options: LogExportOptions): Promise<void> {
  const { signal, intervalMs, log } = options;
  try {
    const secret = due.secret === null ? undefined : await box.open(due.secret, secretContexts.logExport(due.id));
    const { chunks, position } = await newLines(due, options);
    const { isAllowed, ca } = options;
    const outgoing = { isAllowed, timeoutMs, ...(ca === undefined ? {} : { ca }) };
    if (chunks.length > 0) await send({ ...due, secret }, chunks, outgoing);
    const sent = chunks.length > 0;
    await reportLogExport(pool, due.id, { position, sent, error: null, nextInMs: intervalMs });
  } catch (error) {
    if (signal.aborted) throw error;
    const nextInMs = Math.min(longestPauseMs, intervalMs * 2 ** Math.min(due.failures + 1, 10));
    log.info(
      { logExportId: due.id, clusterId: due.clusterId, reason: errorMessage(error) },
      'an export of logs failed',
    );
    await reportLogExport(pool, due.id, { position: due.position, sent: false, error: errorMessage(error), nextInMs });
  }
}

/** What came after the last round, and where that leaves us; replicas that are gone are forgotten. */
async function newLines(
  { clusterId, components, position, createdAt }: DueLogExport,
  { read, signal }: LogExportOptions,
): Promise<{ readonly chunks: readonly Chunk[]; readonly position: Readonly<Record<string, string>> }> {
  const chunks: Chunk[] = [];
  const next: Record<string, string> = {};
  for (const component of components) {
    const keyOf = (pod: string): string => `${component}/${pod}`;
    const since = (pod: string): string => position[keyOf(pod)] ?? createdAt.toISOString();
    for (const [pod, { lines, upTo }] of await read(clusterId, component, since, signal)) {
      next[keyOf(pod)] = upTo;
      if (lines.length > 0) chunks.push({ component, lines });
    }
  }
  return { chunks, position: next };
}
