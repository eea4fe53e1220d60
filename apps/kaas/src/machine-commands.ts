import { formatItem, formatList, type OutputOptions, type PassThrough, type Terminal } from '@matryoshka/cli';
import { nodeProgram } from '@matryoshka/system';
import { type Command, Option } from 'commander';
import { passThrough } from './pass-through.ts';
import { offerCommand } from './platform-commands.ts';

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
      const [node, ...argv] = nodeProgram(runner, ...args);
      return passThrough(node, argv);
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
  offerCommand(group, terminal);
  imageCommand(program, terminal);
}

interface BuildImageOptions {
  readonly kubernetesVersion?: string;
  readonly format: 'rootfs' | 'qcow2';
  readonly registryMirror?: string;
}

function imageCommand(program: Command, terminal: Terminal): void {
  program
    .command('image')
    .description('worker images')
    .command('build')
    .description('build the worker image of a version; prints where it is and the properties it needs in Glance')
    .option('--kubernetes-version <version>', 'default: the version of new clusters')
    .addOption(
      new Option('--format <format>', 'rootfs: for pocket cloud; qcow2: bootable, for a real OpenStack')
        .choices(['rootfs', 'qcow2'])
        .default('qcow2'),
    )
    .option('--registry-mirror <url>', 'registry that machines ask before the upstream ones, like http://10.0.0.5:5050')
    .action(async (options: BuildImageOptions, command: Command) => {
      const { buildComponents, defaultKubernetesVersion } = await import('@matryoshka/components');
      const { buildWorkerImage } = await import('@matryoshka/worker-image');
      const kubernetesVersion = options.kubernetesVersion ?? defaultKubernetesVersion;
      const { signal } = terminal;
      const mirror = options.registryMirror;
      const report = (what: string, detail?: string): void =>
        terminal.stderr(`${what}${detail === undefined ? '' : `: ${detail}`}\n`);
      const names = [`kubernetes@${kubernetesVersion}`, 'coredns', 'konnectivity', 'flannel', 'pause'];
      await buildComponents({ names, signal });
      const image = await buildWorkerImage({
        kubernetesVersion,
        formats: [options.format],
        ...(mirror === undefined ? {} : { registryMirror: mirror, diskRegistryMirror: mirror }),
        onProgress: report,
        signal,
      });
      const file = options.format === 'qcow2' ? image.qcow2 : image.rootfs;
      const artefact = options.format === 'qcow2' ? image.manifest.qcow2 : image.manifest.rootfs;
      const view = { name: () => file ?? '', columns: [{ head: 'FILE', cell: () => file ?? '' }] };
      const answer = {
        file,
        sha256: artefact?.sha256,
        sizeBytes: artefact?.sizeBytes,
        properties: image.manifest.properties,
      };
      terminal.stdout(formatItem(answer, view, command.optsWithGlobals<OutputOptions>()));
    });
}
