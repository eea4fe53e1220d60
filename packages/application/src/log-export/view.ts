import type { LogExport } from '@matryoshka/contract';

/** An export as it is stored. */
export interface LogExportFacts {
  readonly id: string;
  readonly kind: 'http' | 's3';
  readonly components: LogExport['components'] | Readonly<LogExport['components']>;
  readonly url: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly lastSentAt: Date | null;
  readonly lastError: string | null;
  readonly createdBy: string;
  readonly createdAt: Date;
}

export function logExportView(facts: LogExportFacts): LogExport {
  const { id, kind, components, url, region, accessKeyId, lastSentAt, lastError, createdBy, createdAt } = facts;
  return {
    ...{ id, kind, url, lastError, createdBy },
    components: [...components],
    region: kind === 's3' ? region : null,
    accessKeyId: kind === 's3' ? accessKeyId : null,
    state: lastError !== null ? 'failing' : lastSentAt === null ? 'waiting' : 'working',
    lastSentAt: lastSentAt?.toISOString() ?? null,
    createdAt: createdAt.toISOString(),
  };
}
