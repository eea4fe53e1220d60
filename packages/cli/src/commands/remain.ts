import type { Remain } from '@matryoshka/contract';
import { remainKinds } from '@matryoshka/contract/routes';
import { type Command, Option } from 'commander';
import { type CliContext, clientOf, outputOptions } from '../context.ts';
import { remainView } from '../output/fleet-views.ts';
import { formatList } from '../output/format.ts';
import { newIdempotencyKey } from './operation.ts';

/** Into the group `fleet`: deletions that do not end by themselves. */
export function remainCommands(group: Command, context: CliContext): void {
  const { terminal, now } = context;
  group
    .command('force-deletion <cluster-id>')
    .description('end a deletion that does not end by itself; what was not seen to be gone is listed by: fleet remains')
    .requiredOption('--reason <text>', 'for whoever wonders later')
    .action(async (clusterId: string, { reason }: { readonly reason: string }, command: Command) => {
      const { client } = await clientOf(context, command);
      const call = { params: { clusterId }, body: { reason }, idempotencyKey: newIdempotencyKey() };
      await client.call('deletion.force', call);
      terminal.stderr(`${clusterId} is gone for its customer within seconds. See: kaas fleet remains\n`);
    });
  group
    .command('remains')
    .description('what may still be there of clusters whose deletion was ended by force')
    .action(async (_: unknown, command: Command) => {
      const { client } = await clientOf(context, command);
      terminal.stdout(formatList(await client.list('remain.list', {}), remainView(now()), outputOptions(command)));
    });
  group
    .command('dismiss <cluster-id>')
    .description('say that something that remained is gone')
    .addOption(new Option('--kind <kind>').choices([...remainKinds]).makeOptionMandatory())
    .requiredOption('--name <name>')
    .action(async (clusterId: string, body: Pick<Remain, 'kind' | 'name'>, command: Command) => {
      const { client } = await clientOf(context, command);
      const { kind, name } = body;
      const call = { params: { clusterId }, body: { kind, name }, idempotencyKey: newIdempotencyKey() };
      await client.call('remain.dismiss', call);
      terminal.stderr(`${kind} ${name} is dismissed\n`);
    });
}
