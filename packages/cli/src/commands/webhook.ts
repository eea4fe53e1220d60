import type { WebhookPatch } from '@matryoshka/contract';
import { eventTypes } from '@matryoshka/contract/routes';
import { type Command, Option } from 'commander';
import { type CliContext, clientOf, outputOptions } from '../context.ts';
import { usageError } from '../errors.ts';
import { formatData, formatItem, formatList, isData } from '../output/format.ts';
import { deliveryView, webhookView } from '../output/views.ts';
import { newIdempotencyKey } from './operation.ts';

type EventType = (typeof eventTypes)[number];

interface HookOptions {
  readonly description?: string;
  readonly event: readonly EventType[];
}

interface UpdateOptions extends HookOptions {
  readonly url?: string;
  readonly allEvents?: boolean;
  readonly enabled?: 'on' | 'off';
}

function withEvents(command: Command): Command {
  return command.option('--description <text>').addOption(
    new Option('--event <type>', `send this type only, repeatable: ${eventTypes.join(', ')}`)
      .default([], 'all')
      .argParser((text: string, all: readonly string[]) => {
        if (!(eventTypes as readonly string[]).includes(text))
          throw usageError(`there is no event type ${text}`, `One of: ${eventTypes.join(', ')}`);
        return [...all, text];
      }),
  );
}

const given = ({ description, event }: HookOptions): Pick<WebhookPatch, 'description' | 'eventTypes'> => ({
  ...(description === undefined ? {} : { description }),
  ...(event.length === 0 ? {} : { eventTypes: [...event] }),
});

export function webhookCommands(program: Command, context: CliContext): void {
  const { terminal, now } = context;
  const group = program.command('webhook').description('events of the project, sent to your address');
  const secretOf = (command: Command, item: { readonly secret: string }): void => {
    const output = outputOptions(command);
    terminal.stdout(isData(output) ? formatData(item, output) : `${item.secret}\n`);
  };

  withEvents(group.command('create <url>'))
    .description('send events to an address; prints the secret that proves them, which is shown this once')
    .action(async (url: string, options: HookOptions, command: Command) => {
      const { client } = await clientOf(context, command);
      const made = await client.call('webhook.create', {
        body: { url, ...given(options) },
        idempotencyKey: newIdempotencyKey(),
      });
      secretOf(command, made);
      terminal.stderr(`${made.id}: events go to ${made.url}. The secret is not shown again.\n`);
    });
  group
    .command('list')
    .description('webhooks of the project')
    .action(async (_: unknown, command: Command) => {
      const { client } = await clientOf(context, command);
      terminal.stdout(formatList(await client.list('webhook.list', {}), webhookView(now()), outputOptions(command)));
    });
  group
    .command('get <id>')
    .description('one webhook')
    .action(async (webhookId: string, _: unknown, command: Command) => {
      const { client } = await clientOf(context, command);
      const hook = await client.call('webhook.get', { params: { webhookId } });
      terminal.stdout(formatItem(hook, webhookView(now()), outputOptions(command)));
    });
  withEvents(group.command('update <id>'))
    .description('change a webhook, or turn it off or on')
    .option('--url <url>')
    .option('--all-events', 'send all types')
    .addOption(new Option('--enabled <switch>').choices(['on', 'off']))
    .action(async (webhookId: string, options: UpdateOptions, command: Command) => {
      const body: WebhookPatch = {
        ...given(options),
        ...(options.allEvents ? { eventTypes: null } : {}),
        ...(options.url === undefined ? {} : { url: options.url }),
        ...(options.enabled === undefined ? {} : { enabled: options.enabled === 'on' }),
      };
      if (Object.keys(body).length === 0)
        throw usageError('nothing to change', 'Give --url, --description, --event, --all-events or --enabled.');
      const { client } = await clientOf(context, command);
      const hook = await client.call('webhook.update', {
        params: { webhookId },
        body,
        idempotencyKey: newIdempotencyKey(),
      });
      terminal.stdout(formatItem(hook, webhookView(now()), outputOptions(command)));
    });
  group
    .command('delete <id>')
    .description('remove a webhook')
    .action(async (webhookId: string, _: unknown, command: Command) => {
      const { client } = await clientOf(context, command);
      await client.call('webhook.delete', { params: { webhookId }, idempotencyKey: newIdempotencyKey() });
      terminal.stderr(`${webhookId} is gone\n`);
    });
  group
    .command('rotate <id>')
    .description('a new secret; for a day the old one signs as well')
    .action(async (webhookId: string, _: unknown, command: Command) => {
      const { client } = await clientOf(context, command);
      const made = await client.call('webhook.rotate', { params: { webhookId }, idempotencyKey: newIdempotencyKey() });
      secretOf(command, made);
      terminal.stderr(`The old secret signs beside it until ${made.previousUntil}.\n`);
    });
  group
    .command('test <id>')
    .description('send a test event')
    .action(async (webhookId: string, _: unknown, command: Command) => {
      const { client } = await clientOf(context, command);
      const made = await client.call('webhook.test', { params: { webhookId }, idempotencyKey: newIdempotencyKey() });
      terminal.stdout(formatItem(made, deliveryView(now()), outputOptions(command)));
    });
  group
    .command('deliveries <id>')
    .description('what was sent, the newest first')
    .addOption(new Option('--state <state>').choices(['pending', 'delivered', 'failed']))
    .action(
      async (webhookId: string, options: { readonly state?: 'pending' | 'delivered' | 'failed' }, command: Command) => {
        const { client } = await clientOf(context, command);
        const query = options.state === undefined ? {} : { state: options.state };
        const items = await client.list('webhook.deliveries', { params: { webhookId }, query });
        terminal.stdout(formatList(items, deliveryView(now()), outputOptions(command)));
      },
    );
  group
    .command('replay <id> <delivery>')
    .description('send an event again')
    .action(async (webhookId: string, deliveryId: string, _: unknown, command: Command) => {
      const { client } = await clientOf(context, command);
      const params = { webhookId, deliveryId };
      const made = await client.call('webhook.replay', { params, idempotencyKey: newIdempotencyKey() });
      terminal.stdout(formatItem(made, deliveryView(now()), outputOptions(command)));
    });
}
