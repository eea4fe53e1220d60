import { formatItem, formatList, type OutputOptions, type Terminal } from '@matryoshka/cli';
import type { PlatformStatus } from '@matryoshka/installer';
import { TypedError } from '@matryoshka/system';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { databaseCommands } from './database-commands.ts';
import { openrc } from './openrc.ts';
import { bringUp, type PlatformFlags, platformOptions, withDataDir, withProgress } from './platform-flags.ts';

function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('Not a whole number.');
  return Number(text);
}

const withPlatform = (command: Command): Command =>
  withDataDir(command)
    .option('--management-nodes <count>', 'servers of the management cluster (2)', wholeNumber)
    .option('--kubernetes-version <version>', 'version of the management cluster and of new clusters')
    .option('--network <cidr>', 'provider network (172.29.0.0/20)')
    .option('--prefix <letters>', 'start of the names of bridges and namespaces (mat)')
    .option('--api-port <port>', 'port of kaas-api on 127.0.0.1 (7443)', wholeNumber)
    .addOption(new Option('--images <source>', 'where container images come from').choices(['build', 'upstream']))
    .option('--registry-prefix <host/path>', 'with upstream images: your own proxy, asked first');

/** Adds `components offer` to the group of component commands. */
export function offerCommand(group: Command, terminal: Terminal): void {
  withDataDir(group.command('offer'))
    .description('make one more Kubernetes version available to customers: build it, upload its images')
    .argument('<version>', 'see: kaas components list')
    .action(async (version: string, options: PlatformFlags) => {
      const { offerVersion } = await import('@matryoshka/installer');
      await withProgress(
        terminal,
        async (onProgress) =>
          await offerVersion(version, { platform: platformOptions(options), onProgress, signal: terminal.signal }),
      );
      terminal.stderr(`${version} is available; see: kaas version list\n`);
    });
}

function clusterLine({ answers, nodes, unavailable }: PlatformStatus['managementCluster']): string {
  if (!answers) return 'management cluster: does not answer\n';
  const components = unavailable.length === 0 ? 'all components available' : `not available: ${unavailable.join(', ')}`;
  return `management cluster: ${nodes.usable.length} of ${nodes.wanted} nodes usable, ${components}\n`;
}

/** The one-machine edition: bring it up, look at it, take it down. The installer is loaded when a command runs. */
export function platformCommands(program: Command, terminal: Terminal, version: string): void {
  withPlatform(program.command('up'))
    .description('bring the platform up on this machine, or what of it is missing')
    .action(async (options: PlatformFlags) => {
      const { config } = await bringUp(options, terminal);
      terminal.stderr(`the platform is up; its data is in ${config.dataDir}\n`);
    });

  withPlatform(program.command('quickstart'))
    .description('bring the platform up, then make a customer, a cluster, and a workload in it')
    .action(async (options: PlatformFlags) => {
      const up = await bringUp(options, terminal);
      const { quickstart } = await import('./quickstart/index.ts');
      await quickstart({ ...up, terminal, version });
    });

  withDataDir(program.command('down'))
    .description('end the platform; what customers stored stays')
    .option('--purge', 'delete everything: machines, networks, databases, secrets')
    .action(async (options: PlatformFlags & { purge?: boolean }) => {
      const { down } = await import('@matryoshka/installer');
      const found = await down({
        platform: platformOptions(options),
        purge: options.purge === true,
        onProgress: (line) => terminal.stderr(`${line}\n`),
      });
      if (!found) terminal.stderr('nothing is installed here\n');
    });

  withDataDir(program.command('status'))
    .description('what runs on this machine')
    .action(async (options: PlatformFlags, command: Command) => {
      const { status } = await import('@matryoshka/installer');
      const found = await status(platformOptions(options));
      const output = command.optsWithGlobals<OutputOptions>();
      type Row = (typeof found.processes)[number];
      const rows = {
        name: (row: Row) => row.name,
        columns: [
          { head: 'PROCESS', cell: (row: Row) => row.name },
          { head: 'STATE', cell: (row: Row) => row.state },
          { head: 'PID', cell: (row: Row) => String(row.pid ?? '') },
        ],
      };
      const machineReadable = output.output === 'json' || output.output === 'yaml';
      const whole = { name: () => 'platform', columns: [] };
      terminal.stdout(
        machineReadable ? formatItem(found, whole, output) : formatList([...found.processes], rows, output),
      );
      if (!found.installed) terminal.stderr('nothing is installed here; run: kaas up\n');
      else if (!machineReadable) terminal.stderr(clusterLine(found.managementCluster));
    });

  withDataDir(program.command('doctor'))
    .description('find and name what is broken; exit code 1 when something is')
    .action(async (options: PlatformFlags, command: Command) => {
      const { doctor } = await import('@matryoshka/installer');
      const findings = await doctor(platformOptions(options));
      type Row = (typeof findings)[number];
      const view = {
        name: (row: Row) => row.subject,
        columns: [
          { head: 'AREA', cell: (row: Row) => row.area },
          { head: 'SUBJECT', cell: (row: Row) => row.subject },
          { head: 'FINDING', cell: (row: Row) => row.message },
          { head: 'REMEDY', cell: (row: Row) => row.remedy },
        ],
      };
      const output = command.optsWithGlobals<OutputOptions>();
      const forPeople = output.output === 'table' || output.output === 'wide';
      if (findings.length > 0 || !forPeople) terminal.stdout(formatList([...findings], view, output));
      else terminal.stderr('nothing is broken\n');
      if (findings.length > 0)
        throw new TypedError(findings.length === 1 ? '1 problem found' : `${findings.length} problems found`, {
          code: 'unhealthy',
          next: 'Follow the remedies above.',
        });
    });

  withDataDir(program.command('diagnose'))
    .description('gather what helps to find out what is wrong, without secrets, in one file to send')
    .option('--file <file>', 'where to; default: matryoshka-diagnose-TIME.tar.gz in this folder')
    .action(async (options: PlatformFlags & { file?: string }) => {
      const { diagnose } = await import('@matryoshka/installer');
      const time = new Date().toISOString().replace(/[:.]/g, '-').slice(0, 19);
      const { file, entries, failed } = await diagnose({
        platform: platformOptions(options),
        file: options.file ?? `matryoshka-diagnose-${time}.tar.gz`,
        signal: terminal.signal,
      });
      for (const { path, reason } of failed) terminal.stderr(`left out: ${path} (${reason})\n`);
      terminal.stdout(`${file}\n`);
      terminal.stderr(
        `${entries.length} files without secrets; names of clusters and addresses are in them: look through it before you send it\n`,
      );
    });

  databaseCommands(program, terminal);
  secretKeyCommands(program, terminal);

  withPlatform(program.command('preflight'))
    .description('check whether this machine can run the platform; changes nothing')
    .action(async (options: PlatformFlags) => {
      const { platformConfig, preflight, preflightError } = await import('@matryoshka/installer');
      const problems = await preflight(platformConfig(platformOptions(options)));
      if (problems.length > 0) throw preflightError(problems);
      terminal.stderr('this machine can run the platform\n');
    });

  withDataDir(program.command('cloud').description('pocket cloud').command('openrc'))
    .description('print shell lines for the openstack command line: eval "$(kaas cloud openrc)"')
    .option('--project <name>', 'project to work in', 'admin')
    .action(async (options: PlatformFlags & { project: string }) => {
      const { platformConfig, platformPaths } = await import('@matryoshka/installer');
      const { openstackAdminFile } = platformPaths(platformConfig(platformOptions(options)));
      const { adminCloud, enterProject, readAdminFile } = await import('./admin-cloud.ts');
      const admin = await readAdminFile(openstackAdminFile);
      await enterProject(adminCloud(admin), options.project, terminal.signal);
      terminal.stdout(openrc(admin, options.project));
    });
}

function secretKeyCommands(program: Command, terminal: Terminal): void {
  const group = program.command('secret-key').description('the key that seals secrets in the product database');
  const optionsOf = (flags: PlatformFlags) => ({
    platform: platformOptions(flags),
    onProgress: (line: string) => terminal.stderr(`${line}\n`),
    signal: terminal.signal,
  });
  withDataDir(group.command('rotate'))
    .description('seal with a new key from now on, and put under it what is there; nothing stops')
    .action(async (flags: PlatformFlags) => {
      const { rotateSecretKey } = await import('@matryoshka/installer');
      const { answers } = await rotateSecretKey(optionsOf(flags));
      const later = answers === 0 ? '' : ` (after a day: ${answers} kept answers are under an older key)`;
      terminal.stderr(`every secret is under the new key; drop older ones with: kaas secret-key forget${later}\n`);
    });
  withDataDir(group.command('forget'))
    .description('drop all keys but the newest; refused while something is under one of them')
    .action(async (flags: PlatformFlags) => {
      const { forgetSecretKeys } = await import('@matryoshka/installer');
      const dropped = await forgetSecretKeys(optionsOf(flags));
      terminal.stderr(`${dropped} older keys are gone from the file; keep one that an old backup needs elsewhere\n`);
    });
}
