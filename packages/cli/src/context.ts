import { type Client, type ClientOptions, ProblemError } from '@matryoshka/client';
import type { Cluster } from '@matryoshka/contract';
import type { Command } from 'commander';
import { CliError } from './errors.ts';
import { exitCodes } from './exit-codes.ts';
import { type OutputFormat, type OutputOptions, outputFormats } from './output/format.ts';
import { openSession } from './session.ts';
import type { Terminal } from './terminal.ts';

export interface GlobalOptions {
  readonly url?: string;
  readonly output: OutputFormat;
  readonly headers: boolean;
  readonly debug: boolean;
}

/** What every command gets. */
export interface CliContext {
  readonly terminal: Terminal;
  readonly now: () => Date;
}

export function globalOptions(command: Command): GlobalOptions {
  return command.optsWithGlobals<GlobalOptions>();
}

export function outputOptions(command: Command): OutputOptions {
  const { output, headers } = globalOptions(command);
  return { output, headers };
}

export { outputFormats };

/** The logged-in client of a command. */
export async function clientOf(
  context: CliContext,
  command: Command,
): Promise<{ readonly client: Client; readonly connection: ClientOptions }> {
  return openSession(context.terminal, globalOptions(command).url);
}

/** A cluster of the project by name or id, with its ETag. Throws CliError `not_found` (exit code 3). */
export async function findCluster(
  client: Client,
  nameOrId: string,
): Promise<{ readonly cluster: Cluster; readonly etag: string | undefined }> {
  const byId = async (id: string) => {
    const { data, etag } = await client.request('cluster.get', { params: { clusterId: id } });
    return { cluster: data, etag };
  };
  const { items } = await client.call('cluster.list', { query: { name: nameOrId } });
  const [found] = items;
  if (found !== undefined) return byId(found.id);
  if (/^c-[a-z0-9]{10}$/.test(nameOrId)) {
    try {
      return await byId(nameOrId);
    } catch (error) {
      if (!(error instanceof ProblemError) || error.problem.status !== 404) throw error;
    }
  }
  throw new CliError(`there is no cluster ${nameOrId} in this project`, {
    code: 'not_found',
    exitCode: exitCodes.notFound,
    next: 'Run: kaas cluster list',
  });
}
