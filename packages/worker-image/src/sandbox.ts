import { CommandError, type RunOptions, type RunResult, run } from '@matryoshka/system';

/**
 * Runs a program in its own mount and process namespaces. Whatever it mounts or starts is gone when it ends, and it ends
 * when we do, even by SIGKILL: there is nothing to clean up but files.
 */
export async function runIsolated(argv: readonly [string, ...string[]], options: RunOptions = {}): Promise<RunResult> {
  try {
    return await run([...isolation, ...argv], options);
  } catch (error) {
    if (error instanceof CommandError) throw new CommandError(argv, error.exitCode, error.stderr, '', undefined);
    throw error;
  }
}

const isolation: readonly [string, ...string[]] = [
  'setpriv',
  '--pdeathsig',
  'KILL',
  '--',
  'unshare',
  '--mount',
  '--propagation',
  'private',
  '--pid',
  '--fork',
  '--kill-child',
  '--mount-proc',
];
