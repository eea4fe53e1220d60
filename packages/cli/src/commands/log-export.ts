import type { LogExportCreate } from '@matryoshka/contract';
import { logComponents } from '@matryoshka/contract/routes';
import { type Command, Option } from 'commander';
import { type CliContext, clientOf, findCluster, outputOptions } from '../context.ts';
import { usageError } from '../errors.ts';
import { formatItem, formatList } from '../output/format.ts';
import { logExportView } from '../output/views.ts';
import { collect } from '../pool-flag.ts';
import { newIdempotencyKey } from './operation.ts';

interface AddOptions {
  readonly kind: 'http' | 's3';
  readonly component: readonly (typeof logComponents)[number][];
  readonly region?: string;
  readonly accessKeyId?: string;
}

/** `cluster log-export …`. Secrets come from the environment: others on the machine see a command line. */
export function logExportCommands(cluster: Command, context: CliContext): void {
  const { terminal, now } = context;
  const group = cluster.command('log-export').description('send logs and audit events of a cluster somewhere of yours');
  group
    .command('list <cluster>')
    .description('where logs of a cluster are sent')
    .action(async (name: string, _: unknown, command: Command) => {
      const { client } = await clientOf(context, command);
      const { id: clusterId } = (await findCluster(client, name)).cluster;
      const { items } = await client.call('log-export.list', { params: { clusterId } });
      terminal.stdout(formatList(items, logExportView(now()), outputOptions(command)));
    });
  group
    .command('add <cluster> <url>')
    .description('send them to an address (KAAS_EXPORT_AUTHORIZATION), or a bucket (AWS_SECRET_ACCESS_KEY)')
    .addOption(new Option('--kind <kind>').choices(['http', 's3']).default('http'))
    .addOption(
      new Option('--component <component>', `repeatable: ${logComponents.join(', ')}`)
        .argParser(collect)
        .default([], 'audit'),
    )
    .option('--region <region>', 's3; default: us-east-1')
    .option('--access-key-id <id>', 's3; default: AWS_ACCESS_KEY_ID')
    .action(async (name: string, url: string, options: AddOptions, command: Command) => {
      const { client } = await clientOf(context, command);
      const { id: clusterId } = (await findCluster(client, name)).cluster;
      const body: LogExportCreate = {
        ...{ kind: options.kind, url },
        components: options.component.length === 0 ? ['audit'] : [...options.component],
        ...(options.kind === 's3' ? keys(options, terminal.env) : authorization(terminal.env)),
      };
      const made = await client.call('log-export.create', {
        ...{ params: { clusterId }, body },
        idempotencyKey: newIdempotencyKey(),
      });
      terminal.stdout(formatItem(made, logExportView(now()), outputOptions(command)));
    });
  group
    .command('remove <cluster> <export>')
    .description('send them there no more')
    .action(async (name: string, logExportId: string, _: unknown, command: Command) => {
      const { client } = await clientOf(context, command);
      const { id: clusterId } = (await findCluster(client, name)).cluster;
      await client.call('log-export.delete', {
        params: { clusterId, logExportId },
        idempotencyKey: newIdempotencyKey(),
      });
      terminal.stderr(`nothing is sent by ${logExportId} any more\n`);
    });
}

type Environment = Readonly<Record<string, string | undefined>>;

function authorization({ KAAS_EXPORT_AUTHORIZATION: value }: Environment): Pick<LogExportCreate, 'authorization'> {
  return value === undefined || value === '' ? {} : { authorization: value };
}

function keys(
  { region, accessKeyId }: AddOptions,
  env: Environment,
): Pick<LogExportCreate, 'region' | 'accessKeyId' | 'secretAccessKey'> {
  const id = accessKeyId ?? env.AWS_ACCESS_KEY_ID;
  const secret = env.AWS_SECRET_ACCESS_KEY;
  if (id === undefined || secret === undefined)
    throw usageError('no access key for the bucket was given', 'Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.');
  const place = region ?? env.AWS_REGION;
  return { accessKeyId: id, secretAccessKey: secret, ...(place === undefined ? {} : { region: place }) };
}
