import { auditView, refuseViolations } from '@matryoshka/application';
import { defaultPageSize } from '@matryoshka/contract';
import { exportAuditRecords, inProject, listAuditRecords, verifyAuditChain } from '@matryoshka/postgres';
import { type CursorScope, decodeCursor, pageOf } from '../http/cursor.ts';
import type { PlainHandlers } from '../http/incoming.ts';

const readSequence = ([text]: readonly string[]): number | undefined =>
  text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;

/** A time of the query, whose format the shape does not check. */
function timeOf(name: 'from' | 'to', text: string | undefined): { readonly [key in 'from' | 'to']?: Date } {
  if (text === undefined) return {};
  const time = new Date(text);
  if (Number.isNaN(time.getTime()))
    refuseViolations([
      { pointer: `?${name}`, code: 'invalid_time', message: 'must be a time like 2026-12-24T18:00:00Z' },
    ]);
  return { [name]: time };
}

export const auditHandlers: Pick<PlainHandlers, 'audit.list' | 'audit.export' | 'audit.verify'> = {
  'audit.list': async ({ pool }, { caller, query }) => {
    const { cursor, limit = defaultPageSize, from, to, ...filter } = query;
    const scope: CursorScope = [
      'audit.list',
      caller.projectId,
      filter.userId,
      filter.action,
      filter.resource,
      from,
      to,
    ];
    const before = decodeCursor(scope, cursor, readSequence);
    const page = { limit: limit + 1, ...filter, ...timeOf('from', from), ...timeOf('to', to) };
    const rows = await inProject(
      pool,
      caller,
      async (tx) => await listAuditRecords(tx, { ...page, ...(before === undefined ? {} : { before }) }),
    );
    return { data: pageOf(scope, rows, limit, { key: ({ sequence }) => [String(sequence)], view: auditView }) };
  },
  'audit.export': async ({ pool }, { caller, query }) => {
    const { cursor, limit = defaultPageSize } = query;
    const scope: CursorScope = ['audit.export', caller.projectId];
    const after = decodeCursor(scope, cursor, readSequence) ?? 0;
    const rows = await inProject(pool, caller, async (tx) => await exportAuditRecords(tx, { limit: limit + 1, after }));
    return {
      data: pageOf(scope, rows, limit, { key: ({ sequence }) => [String(sequence)], view: (link) => ({ ...link }) }),
    };
  },
  'audit.verify': async ({ pool }, { caller }) => {
    const verdict = await inProject(pool, caller, async (tx) => await verifyAuditChain(tx, caller.projectId));
    const { records, head, fault } = verdict;
    return {
      data: {
        intact: fault === null,
        records,
        head: head === null ? null : { ...head },
        fault: fault === null ? null : { ...fault },
      },
    };
  },
};
