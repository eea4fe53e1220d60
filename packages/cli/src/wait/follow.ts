import type { Client } from '@matryoshka/client';
import { ServiceUnreachableError } from '@matryoshka/client';
import type { Operation } from '@matryoshka/contract';
import { sleep } from '@matryoshka/system';
import { CliError } from '../errors.ts';
import { exitCodes } from '../exit-codes.ts';

export interface FollowOptions {
  readonly timeoutMs: number;
  readonly intervalMs?: number;
  readonly signal: AbortSignal;
  readonly onChange: (operation: Operation) => void;
}

const unreachableLimitMs = 60_000;

/**
 * Watches an operation until it is done. Survives a restart of the service of up to a minute. Throws CliError: `operation_failed`,
 * `operation_superseded`, `timed_out` (exit code 5), `interrupted`; the operation itself goes on in each case.
 */
export async function followOperation(client: Client, first: Operation, options: FollowOptions): Promise<Operation> {
  const end = performance.now() + options.timeoutMs;
  let operation = first;
  let unreachableSince: number | undefined;
  options.onChange(operation);
  while (!operation.done) {
    if (performance.now() >= end)
      throw new CliError(
        `${operation.kind} of ${operation.clusterName} is not done after ${options.timeoutMs / 1000} s`,
        {
          code: 'timed_out',
          exitCode: exitCodes.timedOut,
          next: `It goes on. Run: kaas operation wait ${operation.id}`,
        },
      );
    try {
      await sleep(options.intervalMs ?? 1000, options.signal);
      operation = await client.call('operation.get', {
        params: { operationId: operation.id },
        signal: options.signal,
      });
      unreachableSince = undefined;
    } catch (error) {
      if (options.signal.aborted)
        throw new CliError('stopped waiting; the operation goes on', {
          code: 'interrupted',
          exitCode: exitCodes.error,
          next: `To wait again, run: kaas operation wait ${operation.id}`,
        });
      if (!(error instanceof ServiceUnreachableError)) throw error;
      unreachableSince ??= performance.now();
      if (performance.now() - unreachableSince > unreachableLimitMs) throw error;
      continue;
    }
    options.onChange(operation);
  }
  if (operation.state === 'succeeded') return operation;
  throw new CliError(
    `${operation.kind} of ${operation.clusterName} ${operation.state}: ${operation.error?.message ?? operation.message}`,
    {
      code: `operation_${operation.state}`,
      exitCode: exitCodes.error,
      actor: operation.error?.actor ?? 'us',
      next: `Run: kaas operation get ${operation.id} -o yaml`,
    },
  );
}
