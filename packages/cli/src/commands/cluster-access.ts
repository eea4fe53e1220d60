import { readFile } from 'node:fs/promises';
import type { ClusterAccessSettings } from '@matryoshka/contract';
import { errorMessage } from '@matryoshka/system';
import { type Command, Option } from 'commander';
import { type CliContext, clientOf, findCluster, outputOptions } from '../context.ts';
import { CliError, usageError } from '../errors.ts';
import { exitCodes } from '../exit-codes.ts';
import { clusterIssuerView } from '../output/access-views.ts';
import { formatList } from '../output/format.ts';
import { collect } from '../pool-flag.ts';
import { finish, newIdempotencyKey, type WaitOptions, withWait } from './operation.ts';

export interface AllowOptions {
  readonly allowFrom: readonly string[];
}

const everywhere = 'everywhere';

/** Adds the option that says from where the Kubernetes API may be reached. */
export function withAllowFrom(command: Command): Command {
  return command.addOption(
    new Option('--allow-from <range>', `from where the API may be reached, repeatable; or ${everywhere}`)
      .argParser(collect)
      .default([], everywhere),
  );
}

/** Undefined when it was not said. */
export function rangesOf({ allowFrom }: AllowOptions): readonly string[] | undefined {
  if (allowFrom.length === 0) return undefined;
  if (!allowFrom.includes(everywhere)) return allowFrom;
  if (allowFrom.length === 1) return [];
  throw usageError(`${everywhere} and ranges were given`, 'Give one or the other.');
}

interface IssuerOptions extends WaitOptions {
  readonly url: string;
  readonly audience: readonly string[];
  readonly usernameClaim?: string;
  readonly usernamePrefix?: string;
  readonly groupsClaim?: string;
  readonly groupsPrefix?: string;
  readonly caFile?: string;
}

type GivenIssuer = NonNullable<ClusterAccessSettings['oidcIssuers']>[number];

async function issuerOf(name: string, options: IssuerOptions): Promise<GivenIssuer> {
  const { url, audience, usernameClaim, usernamePrefix, groupsClaim, groupsPrefix, caFile } = options;
  return {
    ...{ name, url, audiences: [...audience] },
    ...(usernameClaim === undefined ? {} : { usernameClaim }),
    ...(usernamePrefix === undefined ? {} : { usernamePrefix }),
    ...(groupsClaim === undefined ? {} : { groupsClaim }),
    ...(groupsPrefix === undefined ? {} : { groupsPrefix }),
    ...(caFile === undefined ? {} : { certificateAuthority: await readPem(caFile) }),
  };
}

async function readPem(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw usageError(`${file} cannot be read: ${errorMessage(error)}`, 'Name a file with PEM certificates.');
  }
}

/** `cluster issuer …`: whose people, besides those of the service, a cluster knows. */
export function issuerCommands(cluster: Command, context: CliContext): void {
  const { terminal } = context;
  const group = cluster.command('issuer').description('OpenID Connect issuers of yours that a cluster lets in');

  async function change(
    command: Command,
    name: string,
    options: WaitOptions,
    changed: (known: readonly GivenIssuer[]) => readonly GivenIssuer[],
  ): Promise<void> {
    const { client } = await clientOf(context, command);
    const found = await findCluster(client, name);
    const oidcIssuers = [...changed(found.cluster.access.oidcIssuers)];
    const operation = await client.call('cluster.update', {
      params: { clusterId: found.cluster.id },
      body: { access: { oidcIssuers } },
      idempotencyKey: newIdempotencyKey(),
      ...(found.etag === undefined ? {} : { ifMatch: found.etag }),
    });
    await finish(context, command, client, operation, options);
  }

  group
    .command('list <cluster>')
    .description('issuers that a cluster lets in, besides the service itself')
    .action(async (name: string, _: unknown, command: Command) => {
      const { client } = await clientOf(context, command);
      const { access } = (await findCluster(client, name)).cluster;
      terminal.stdout(formatList(access.oidcIssuers, clusterIssuerView, outputOptions(command)));
    });
  withWait(group.command('add <cluster> <name>'))
    .description('let the people of an issuer in; what they may do is said by RoleBindings in the cluster')
    .requiredOption('--url <url>', 'issuer identifier')
    .addOption(new Option('--audience <client-id>', 'repeatable').argParser(collect).default([]).makeOptionMandatory())
    .option('--username-claim <claim>', 'who somebody is; default: sub')
    .option('--username-prefix <prefix>', 'put before it; default: the name and a colon')
    .option('--groups-claim <claim>', 'their groups; default: none')
    .option('--groups-prefix <prefix>', 'put before each group; default: the name and a colon')
    .option('--ca-file <file>', 'PEM of the authority that it is known by')
    .action(async (name: string, issuer: string, options: IssuerOptions, command: Command) => {
      const added = await issuerOf(issuer, options);
      await change(command, name, options, (known) => [...known.filter((one) => one.name !== issuer), added]);
    });
  withWait(group.command('remove <cluster> <name>'))
    .description('let the people of an issuer in no more')
    .action(async (name: string, issuer: string, options: WaitOptions, command: Command) => {
      await change(command, name, options, (known) => {
        if (known.some((one) => one.name === issuer)) return known.filter((one) => one.name !== issuer);
        throw new CliError(`the cluster has no issuer ${issuer}`, {
          code: 'not_found',
          exitCode: exitCodes.notFound,
          next: `Run: kaas cluster issuer list ${name}`,
        });
      });
    });
}
