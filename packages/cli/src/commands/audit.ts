import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { verifyChain } from '../audit/verify-chain.ts';
import { type CliContext, clientOf, outputOptions } from '../context.ts';
import { CliError } from '../errors.ts';
import { exitCodes } from '../exit-codes.ts';
import { formatItem, formatList } from '../output/format.ts';
import { auditRecordView } from '../output/views.ts';

interface ListOptions {
  readonly user?: string;
  readonly action?: string;
  readonly resource?: string;
  readonly from?: string;
  readonly to?: string;
}

interface VerifyOptions {
  readonly file?: string;
  readonly head?: string;
}

export function auditCommands(program: Command, context: CliContext): void {
  const { terminal } = context;
  const group = program.command('audit').description('who did what in the project (for administrators)');
  group
    .command('list')
    .description('records, the newest first')
    .option('--user <id>', 'by this user')
    .option('--action <name>', 'like cluster.delete')
    .option('--resource <id>', 'on this cluster, token, …')
    .option('--from <time>', 'not before, like 2026-11-01T00:00:00Z')
    .option('--to <time>', 'before')
    .action(async ({ user, ...filter }: ListOptions, command: Command) => {
      const { client } = await clientOf(context, command);
      const items = await client.list('audit.list', {
        query: { ...filter, ...(user === undefined ? {} : { userId: user }) },
      });
      terminal.stdout(formatList(items, auditRecordView, outputOptions(command)));
    });
  group
    .command('export')
    .description('all records as JSON lines, the oldest first, with what is needed to check them')
    .action(async (_: unknown, command: Command) => {
      const { client } = await clientOf(context, command);
      for (let cursor: string | undefined; ; ) {
        const page = await client.call('audit.export', {
          query: { limit: 500, ...(cursor === undefined ? {} : { cursor }) },
        });
        for (const link of page.items) terminal.stdout(`${JSON.stringify(link)}\n`);
        cursor = page.nextCursor;
        if (cursor === undefined) return;
      }
    });
  group
    .command('verify')
    .description('is every record as it was written, and none missing? Exit code 1 when not')
    .option('--file <path>', 'check an export on this machine, without the service')
    .option('--head <hash>', 'the last record must have this hash: of a head that you wrote down')
    .action(async ({ file, head }: VerifyOptions, command: Command) => {
      const output = outputOptions(command);
      const verdict = file === undefined ? await askService(context, command) : await checkFile(file);
      terminal.stdout(formatItem(verdict, { name: ({ intact }) => String(intact), columns: verdictColumns }, output));
      const why = verdict.why ?? (head === undefined || verdict.head === head ? undefined : 'the head is another one');
      if (why !== undefined)
        throw new CliError(`the audit records are not as they were written: ${why}`, {
          code: 'audit_chain_broken',
          exitCode: exitCodes.error,
          next: 'Compare with an earlier export, and tell the provider.',
        });
    });
}

interface Verdict {
  readonly intact: boolean;
  readonly records: number;
  readonly head: string;
  readonly why?: string;
}

const verdictColumns = [
  { head: 'INTACT', cell: ({ intact }: Verdict) => (intact ? 'yes' : 'NO') },
  { head: 'RECORDS', cell: ({ records }: Verdict) => String(records) },
  { head: 'HEAD', cell: ({ head }: Verdict) => head },
];

async function askService(context: CliContext, command: Command): Promise<Verdict> {
  const { client } = await clientOf(context, command);
  const { intact, records, head, fault } = await client.call('audit.verify', {});
  const why = fault === null ? {} : { why: `record ${fault.sequence} is ${fault.kind}` };
  return { intact, records, head: head?.hash ?? '', ...why };
}

async function checkFile(file: string): Promise<Verdict> {
  const text = await readFile(file, 'utf8');
  const { records, head, fault } = verifyChain(text.split('\n').filter((line) => line !== ''));
  const why = fault === null ? {} : { why: `line ${fault.line}: ${fault.why}` };
  return { intact: fault === null, records, head: head?.hash ?? '', ...why };
}
