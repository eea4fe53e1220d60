import { randomUUID } from 'node:crypto';
import type { Client } from '@matryoshka/client';
import type { Operation } from '@matryoshka/contract';
import { type Command, Option } from 'commander';
import { type CliContext, clientOf, findCluster, outputOptions } from '../context.ts';
import { formatItem, formatList } from '../output/format.ts';
import { operationView } from '../output/views.ts';
import { parseDuration } from '../parse-duration.ts';
import { followOperation } from '../wait/follow.ts';
import { phasesView } from '../wait/phases-view.ts';

export interface WaitOptions {
  readonly wait?: boolean;
  readonly timeout: number;
}

/** Adds `--wait` and `--timeout`. */
export function withWait(command: Command): Command {
  return command.option('--wait', 'wait until it is done, showing the phases').addOption(timeoutOption());
}

function timeoutOption(): Option {
  return new Option('--timeout <duration>', 'how long to wait, e.g. 90s, 20m')
    .default(1_200_000, '20m')
    .argParser(parseDuration);
}

/** A fresh key: the client may repeat a request whose answer was lost without doing the work twice. */
export function newIdempotencyKey(): string {
  return randomUUID();
}

/** Ends an asynchronous command: prints the operation, or waits for it. */
export async function finish(
  context: CliContext,
  command: Command,
  client: Client,
  operation: Operation,
  options: WaitOptions,
): Promise<Operation> {
  const final = options.wait ? await follow(context, client, operation, options.timeout) : operation;
  context.terminal.stdout(formatItem(final, operationView(context.now()), outputOptions(command)));
  return final;
}

async function follow(
  context: CliContext,
  client: Client,
  operation: Operation,
  timeoutMs: number,
): Promise<Operation> {
  const { terminal, now } = context;
  return followOperation(client, operation, {
    timeoutMs,
    signal: terminal.signal,
    onChange: phasesView(terminal, now),
  });
}

export function operationCommands(program: Command, context: CliContext): void {
  const { terminal, now } = context;
  const group = program.command('operation').description('what the service is doing for you');
  group
    .command('list')
    .description('operations, newest first')
    .option('--cluster <name>', 'of one cluster')
    .action(async (options: { cluster?: string }, command: Command) => {
      const { client } = await clientOf(context, command);
      const clusterId =
        options.cluster === undefined ? undefined : (await findCluster(client, options.cluster)).cluster.id;
      const { items } = await client.call('operation.list', { query: clusterId === undefined ? {} : { clusterId } });
      terminal.stdout(formatList(items, operationView(now()), outputOptions(command)));
    });
  group
    .command('get <id>')
    .description('one operation')
    .action(async (operationId: string, _: unknown, command: Command) => {
      const { client } = await clientOf(context, command);
      const operation = await client.call('operation.get', { params: { operationId } });
      terminal.stdout(formatItem(operation, operationView(now()), outputOptions(command)));
    });
  withWait(group.command('cancel <id>'))
    .description('take an operation back, where that destroys nothing')
    .action(async (operationId: string, options: WaitOptions, command: Command) => {
      const { client } = await clientOf(context, command);
      const params = { operationId };
      const brought = await client.call('operation.cancel', { params, idempotencyKey: newIdempotencyKey() });
      // A deletion that waited has ended; everything else is turned round by another operation.
      if (brought.done) terminal.stdout(formatItem(brought, operationView(now()), outputOptions(command)));
      else await finish(context, command, client, brought, options);
    });
  group
    .command('wait <id>')
    .description('wait until an operation is done')
    .addOption(timeoutOption())
    .action(async (operationId: string, options: { timeout: number }, command: Command) => {
      const { client } = await clientOf(context, command);
      const operation = await client.call('operation.get', { params: { operationId } });
      const final = await follow(context, client, operation, options.timeout);
      terminal.stdout(formatItem(final, operationView(now()), outputOptions(command)));
    });
}
