import { formatItem, momentOf, type OutputOptions, type Terminal } from '@matryoshka/cli';
import type { DatabaseArchive } from '@matryoshka/installer';
import { TypedError } from '@matryoshka/system';
import type { Command } from 'commander';
import { bringUp, type PlatformFlags, platformOptions, withDataDir } from './platform-flags.ts';

/** `database …`: PostgreSQL of the one-machine edition, with everything in it, and its archive. */
export function databaseCommands(program: Command, terminal: Terminal): void {
  const group = program.command('database').description('PostgreSQL with all that is in it, and its archive');
  const report = (line: string): void => terminal.stderr(`${line}\n`);

  withDataDir(group.command('archive'))
    .description('what the archive holds')
    .action(async (flags: PlatformFlags, command: Command) => {
      const { databaseArchive } = await import('@matryoshka/installer');
      const found = await databaseArchive(platformOptions(flags));
      terminal.stdout(formatItem(found, archiveView, command.optsWithGlobals<OutputOptions>()));
      if (found.failing)
        report('what is written now does not get there: see the log of PostgreSQL, and run: kaas doctor');
    });

  withDataDir(group.command('backup'))
    .description('make a base backup now; one is made by itself every day')
    .option('--full', 'of everything, not only of what has changed since the last one')
    .action(async (flags: PlatformFlags & { readonly full?: boolean }) => {
      const { backUpDatabase } = await import('@matryoshka/installer');
      const type = flags.full === true ? 'full' : 'incr';
      await backUpDatabase(type, { platform: platformOptions(flags), signal: terminal.signal });
      report('made; see: kaas database archive');
    });

  withDataDir(group.command('restore'))
    .description(
      'put PostgreSQL, with the product database and those of all control planes, back to what the archive has; then: kaas up',
    )
    .option('--at <time>', 'as it was then: a time, or how long ago (10m); default: the last that was archived')
    .option('--yes', 'do not ask')
    .action(async (flags: PlatformFlags & { readonly at?: string; readonly yes?: boolean }) => {
      const at = flags.at === undefined ? undefined : new Date(momentOf(flags.at, new Date()));
      if (flags.yes !== true && !(await agreed(terminal, question(at))))
        throw new TypedError('Nothing was changed', {
          code: 'not_confirmed',
          actor: 'user',
          next: 'Answer y, or say --yes.',
        });
      const { restoreDatabase } = await import('@matryoshka/installer');
      const { replaced, stores } = await restoreDatabase({
        ...{ platform: platformOptions(flags), onProgress: report, signal: terminal.signal },
        ...(at === undefined ? {} : { at }),
      });
      report(`PostgreSQL is back, with ${stores.length} databases of control planes`);
      await bringUp(flags, terminal);
      if (replaced !== undefined) report(`what was there before is in ${replaced}; remove it when all is well`);
    });
}

const question = (at: Date | undefined): string =>
  at === undefined
    ? 'Put PostgreSQL back to the last that was archived?'
    : `Put PostgreSQL back to ${at.toISOString()}? All clusters of all projects, and the service itself, forget what came later.`;

async function agreed(terminal: Terminal, text: string): Promise<boolean> {
  return terminal.stdinIsTty && /^y(es)?$/i.test((await terminal.ask(`${text} [y/N] `)).trim());
}

const time = (date: Date | undefined): string => date?.toISOString() ?? '';

const archiveView = {
  name: () => 'archive',
  columns: [
    { head: 'FROM', cell: ({ backups }: DatabaseArchive) => time(backups[0]?.endedAt) },
    { head: 'ARCHIVED', cell: ({ archivedAt }: DatabaseArchive) => time(archivedAt) },
    { head: 'BASE BACKUPS', cell: ({ backups }: DatabaseArchive) => String(backups.length) },
    { head: 'LAST', cell: ({ backups }: DatabaseArchive) => time(backups.at(-1)?.endedAt) },
    { head: 'STATE', cell: ({ failing }: DatabaseArchive) => (failing ? 'failing' : 'good') },
  ],
};
