import { ProblemError } from '@matryoshka/client';
import type { Command } from 'commander';
import { type CliContext, clientOf, findCluster, globalOptions } from '../context.ts';
import { CliError } from '../errors.ts';
import { exitCodes } from '../exit-codes.ts';
import { withLocalPlugin } from '../kubeconfig/exec-user.ts';
import { storeEntry } from '../kubeconfig/files.ts';
import { entryOf } from '../kubeconfig/merge.ts';
import { loadSession, serviceUrl } from '../session.ts';
import { finish, newIdempotencyKey, type WaitOptions, withWait } from './operation.ts';

const version = 'client.authentication.k8s.io/v1';

/** Which version kubectl speaks to its plug-ins (KUBERNETES_EXEC_INFO); v1beta1 has the same status. */
function execVersion(info: string | undefined): string {
  try {
    const { apiVersion } = JSON.parse(info ?? '{}') as { readonly apiVersion?: unknown };
    return apiVersion === 'client.authentication.k8s.io/v1beta1' ? apiVersion : version;
  } catch {
    return version;
  }
}

export function getTokenCommand(program: Command, context: CliContext): void {
  const { terminal } = context;
  program
    .command('get-token')
    .description('a token for the Kubernetes API of a cluster, as kubectl wants it from a plug-in')
    .requiredOption('--cluster <id>', 'id of the cluster')
    .action(async ({ cluster }: { readonly cluster: string }, command: Command) => {
      const { client } = await clientOf(context, command);
      try {
        const { token, expiresAt } = await client.call('credential.create', { params: { clusterId: cluster } });
        const status = { token, expirationTimestamp: expiresAt };
        const kind = 'ExecCredential';
        const apiVersion = execVersion(terminal.env.KUBERNETES_EXEC_INFO);
        terminal.stdout(`${JSON.stringify({ apiVersion, kind, status })}\n`);
      } catch (error) {
        if (!(error instanceof ProblemError) || error.problem.code !== 'not_found') throw error;
        throw new CliError(`there is no cluster ${cluster} in the project you are logged in to`, {
          code: 'not_found',
          exitCode: exitCodes.notFound,
          next: 'Log in to its project (kaas login --project NAME), or choose another context of kubectl.',
        });
      }
    });
}

interface KubeconfigOptions {
  readonly stdout?: boolean;
  readonly contextName?: string;
}

/** The part of `kaas cluster` that is about getting in. */
export function credentialCommands(group: Command, context: CliContext): void {
  const { terminal } = context;
  group
    .command('kubeconfig <cluster>')
    .description('merge access to a cluster into your kubeconfig, as the current context; it holds no secret')
    .option('--stdout', 'print the kubeconfig and change nothing')
    .option('--context-name <name>', 'name of the context; default: the name of the cluster')
    .action(async (name: string, options: KubeconfigOptions, command: Command) => {
      const { client } = await clientOf(context, command);
      const { cluster } = await findCluster(client, name);
      const answer = await client.call('cluster.kubeconfig', { params: { clusterId: cluster.id } });
      const url = serviceUrl(globalOptions(command).url, terminal, await loadSession(terminal));
      const kubeconfig = await withLocalPlugin(answer.kubeconfig, url, terminal.env);
      if (options.stdout) {
        terminal.stdout(kubeconfig);
        return;
      }
      const contextName = options.contextName ?? cluster.name;
      const path = await storeEntry(terminal, entryOf(kubeconfig, contextName));
      terminal.stderr(`context ${contextName} is in ${path} and is the current one\n`);
    });

  withWait(group.command('revoke-credentials <cluster>'))
    .description('emergency: make every token that was given out for a cluster useless')
    .action(async (name: string, options: WaitOptions, command: Command) => {
      const { client } = await clientOf(context, command);
      const { cluster } = await findCluster(client, name);
      const params = { clusterId: cluster.id };
      const operation = await client.call('credential.revoke', { params, idempotencyKey: newIdempotencyKey() });
      await finish(context, command, client, operation, options);
    });
}
