import type { Client } from '@matryoshka/client';
import type { Token, TokenCreate } from '@matryoshka/contract';
import { type Command, Option } from 'commander';
import { type CliContext, clientOf, findCluster, outputOptions } from '../context.ts';
import { CliError } from '../errors.ts';
import { exitCodes } from '../exit-codes.ts';
import { tokenView } from '../output/access-views.ts';
import { formatItem, formatList } from '../output/format.ts';
import { parseDuration } from '../parse-duration.ts';
import { newIdempotencyKey } from './operation.ts';

interface CreateOptions {
  readonly role?: TokenCreate['role'];
  readonly cluster: readonly string[];
  readonly expires?: number;
}

export function tokenCommands(program: Command, context: CliContext): void {
  const { terminal, now } = context;
  const group = program.command('token').description('tokens for programs (set KAAS_TOKEN)');
  group
    .command('create <name>')
    .description('make a token; prints nothing but the token, which is shown this once')
    .addOption(new Option('--role <role>', 'default: yours').choices(['viewer', 'operator', 'admin']))
    .option(
      '--cluster <cluster>',
      'it sees and changes this cluster only, repeatable',
      (text, all: readonly string[]) => [...all, text],
      [] as readonly string[],
    )
    .addOption(new Option('--expires <duration>', 'life, at most 365d; default: 90d').argParser(parseDuration))
    .action(async (name: string, { role, cluster, expires }: CreateOptions, command: Command) => {
      const { client } = await clientOf(context, command);
      const clusterIds = await Promise.all(cluster.map(async (one) => (await findCluster(client, one)).cluster.id));
      const made = await client.call('token.create', {
        body: {
          name,
          ...(role === undefined ? {} : { role }),
          ...(clusterIds.length === 0 ? {} : { clusterIds }),
          ...(expires === undefined ? {} : { expiresAt: new Date(now().getTime() + expires).toISOString() }),
        },
        idempotencyKey: newIdempotencyKey(),
      });
      const output = outputOptions(command);
      const isData = output.output === 'json' || output.output === 'yaml';
      terminal.stdout(isData ? formatItem(made, tokenView(now()), output) : `${made.token}\n`);
      terminal.stderr(`${made.id}: ${made.role} until ${made.expiresAt}. It is not shown again.\n`);
    });
  group
    .command('list')
    .description('tokens, the newest first')
    .action(async (_: unknown, command: Command) => {
      const { client } = await clientOf(context, command);
      const items = await client.list('token.list', {});
      terminal.stdout(formatList(items, tokenView(now()), outputOptions(command)));
    });
  group
    .command('get <token>')
    .description('one token, by id or name')
    .action(async (nameOrId: string, _: unknown, command: Command) => {
      const { client } = await clientOf(context, command);
      terminal.stdout(formatItem(await findToken(client, nameOrId), tokenView(now()), outputOptions(command)));
    });
  group
    .command('revoke <token>')
    .description('make a token useless at once, by id or name')
    .action(async (nameOrId: string, _: unknown, command: Command) => {
      const { client } = await clientOf(context, command);
      const token = await findToken(client, nameOrId);
      await client.call('token.revoke', { params: { tokenId: token.id }, idempotencyKey: newIdempotencyKey() });
      terminal.stderr(`${token.id} (${token.name}) is of no use any more\n`);
    });
}

/** By id, or by a name that only one usable token has. Throws CliError `not_found` or `ambiguous`. */
async function findToken(client: Client, nameOrId: string): Promise<Token> {
  if (/^tok-[a-z0-9]{12}$/.test(nameOrId)) return await client.call('token.get', { params: { tokenId: nameOrId } });
  const all = await client.list('token.list', {});
  const [found, ...others] = all.filter(({ name, state }) => name === nameOrId && state === 'active');
  if (found === undefined)
    throw new CliError(`there is no token ${nameOrId} that can be used`, {
      code: 'not_found',
      exitCode: exitCodes.notFound,
      next: 'Run: kaas token list',
    });
  if (others.length > 0)
    throw new CliError(`${others.length + 1} tokens are named ${nameOrId}`, {
      code: 'ambiguous',
      exitCode: exitCodes.usage,
      next: 'Say the id: kaas token list',
    });
  return found;
}
