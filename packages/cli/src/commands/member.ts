import type { Client } from '@matryoshka/client';
import type { Member, MemberCreate } from '@matryoshka/contract';
import { type Command, Option } from 'commander';
import { type CliContext, clientOf, outputOptions } from '../context.ts';
import { CliError, usageError } from '../errors.ts';
import { exitCodes } from '../exit-codes.ts';
import { memberView } from '../output/access-views.ts';
import { formatItem, formatList } from '../output/format.ts';
import { newIdempotencyKey } from './operation.ts';

interface AddOptions {
  readonly email?: string;
  readonly group?: string;
  readonly subject?: string;
  readonly role: MemberCreate['role'];
}

function claimOf({ email, group, subject }: AddOptions): Pick<MemberCreate, 'kind' | 'value'> {
  const given = Object.entries({ email, group, subject }).filter(([, value]) => value !== undefined);
  const [claim] = given;
  if (claim === undefined || given.length > 1)
    throw usageError('one of --email, --group and --subject says who', 'For example: --email ann@example.com');
  const [kind, value = ''] = claim;
  return { kind: kind as MemberCreate['kind'], value };
}

export function memberCommands(program: Command, context: CliContext): void {
  const { terminal, now } = context;
  const group = program.command('member').description('people of OpenID Connect issuers in the project');
  group
    .command('list')
    .description('whom the project lets in, besides users of OpenStack')
    .action(async (_: unknown, command: Command) => {
      const { client } = await clientOf(context, command);
      terminal.stdout(formatList(await client.list('member.list', {}), memberView(now()), outputOptions(command)));
    });
  group
    .command('add <issuer>')
    .description('let somebody, or a group, of an issuer into the project (kaas login --list shows the issuers)')
    .option('--email <address>', 'who has this verified address')
    .option('--group <name>', 'who is in this group')
    .option('--subject <sub>', 'who is this subject: the claim `sub` of their tokens')
    .addOption(new Option('--role <role>').choices(['viewer', 'operator', 'admin']).default('viewer'))
    .action(async (issuer: string, options: AddOptions, command: Command) => {
      const { client } = await clientOf(context, command);
      const body = { issuer, role: options.role, ...claimOf(options) };
      const member = await client.call('member.add', { body, idempotencyKey: newIdempotencyKey() });
      terminal.stdout(formatItem(member, memberView(now()), outputOptions(command)));
    });
  group
    .command('remove <member>')
    .description('let a member in no more, by id or value; ends their sessions and tokens at once')
    .action(async (idOrValue: string, _: unknown, command: Command) => {
      const { client } = await clientOf(context, command);
      const { id, kind, value } = await findMember(client, idOrValue);
      await client.call('member.remove', { params: { memberId: id }, idempotencyKey: newIdempotencyKey() });
      terminal.stderr(`the ${kind} ${value} is no member any more\n`);
    });
}

/** By id, or by a value that only one member has. Throws CliError `not_found` or `ambiguous`. */
async function findMember(client: Client, idOrValue: string): Promise<Member> {
  const all = await client.list('member.list', {});
  const [found, ...others] = all.filter(({ id, value }) => id === idOrValue || value === idOrValue);
  if (found === undefined)
    throw new CliError(`there is no member ${idOrValue}`, {
      code: 'not_found',
      exitCode: exitCodes.notFound,
      next: 'Run: kaas member list',
    });
  if (others.length > 0)
    throw new CliError(`${others.length + 1} members have the value ${idOrValue}`, {
      code: 'ambiguous',
      exitCode: exitCodes.usage,
      next: 'Say the id: kaas member list',
    });
  return found;
}
