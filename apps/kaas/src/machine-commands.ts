import { formatList, type OutputOptions, type PassThrough, type Terminal } from '@matryoshka/cli';
import type { Command } from 'commander';
import { passThrough } from './pass-through.ts';

/** Commands with arguments of their own. Their packages are loaded when needed, so that customers' commands start fast. */
export const foreignCommands: Readonly<Record<string, PassThrough>> = {
  kubectl: {
    summary: 'the bundled kubectl; everything after it is passed on',
    run: async (args) => {
      const { componentBinary } = await import('@matryoshka/components');
      return passThrough(await componentBinary('kubectl'), args);
    },
  },
  test: {
    summary: 'set up what the tests need, then run every check and test (--tier unit|medium|e2e)',
    run: (args) => {
      const runner = new URL('../../../tools/test-runner/src/main.ts', import.meta.url).pathname;
      return passThrough(process.execPath, ['--disable-warning=ExperimentalWarning', runner, ...args]);
    },
  },
};

/** Commands that act on this machine. */
export function machineCommands(program: Command, terminal: Terminal): void {
  const group = program.command('components').description('the Go programs Matryoshka is made of');
  group
    .command('list')
    .description('names, versions and licences')
    .action(async (_: unknown, command: Command) => {
      const { listComponents } = await import('@matryoshka/components');
      const view = {
        name: (item: { readonly name: string }) => item.name,
        columns: [
          { head: 'NAME', cell: (item: { readonly name: string }) => item.name },
          { head: 'VERSIONS', cell: (item: { readonly versions: readonly string[] }) => item.versions.join(',') },
          { head: 'LICENCE', cell: (item: { readonly license: string }) => item.license },
          { head: 'MODULE', cell: (item: { readonly module: string }) => item.module },
        ],
      };
      terminal.stdout(formatList([...listComponents()], view, command.optsWithGlobals<OutputOptions>()));
    });
  group
    .command('build')
    .description('build components into the cache, all or NAME[@VERSION]')
    .argument('[names...]')
    .action(async (names: readonly string[]) => {
      const { buildComponents } = await import('@matryoshka/components');
      const seconds = (ms: number): string => `${Math.round(ms / 1000)} s`;
      let last = '';
      await buildComponents({
        ...(names.length === 0 ? {} : { names }),
        signal: terminal.signal,
        onProgress: (progress) => {
          const what = `${progress.component} ${progress.version} ${progress.state}`;
          if (what === last) return;
          last = what;
          terminal.stderr(
            `[${progress.done}/${progress.total}] ${what} (${seconds(progress.elapsedMs)} gone, about ${seconds(progress.remainingMs)} left)\n`,
          );
        },
      });
    });
}
