import { CommandError, run, TypedError } from '@matryoshka/system';
import type { Account } from './programs.ts';

/** The continuous archive of a PostgreSQL, kept by pgBackRest: base backups, and all that was written since. */
export interface Archive {
  /** pgBackRest's configuration: where the repository is, and how it is encrypted. */
  readonly configFile: string;
  /** pgBackRest's name for one PostgreSQL. */
  readonly stanza: string;
  /** Whom pgBackRest and PostgreSQL run as; absent: as we do. */
  readonly account?: Account;
}

export interface BaseBackup {
  readonly label: string;
  readonly type: 'full' | 'diff' | 'incr';
  readonly endedAt: Date;
  /** Of the databases, in bytes. */
  readonly bytes: number;
}

export interface ArchiveState {
  /** Oldest first: every moment since the end of the first one can be had back. */
  readonly backups: readonly BaseBackup[];
  /** Major version of the PostgreSQL. */
  readonly major: string;
}

/** As far as we read it. Source: pgBackRest, command reference, `info --output=json`. */
interface Info {
  readonly name: string;
  readonly status: { readonly code: number };
  readonly backup?: readonly {
    readonly label: string;
    readonly type: BaseBackup['type'];
    readonly error?: boolean | null;
    readonly timestamp: { readonly stop: number };
    readonly info: { readonly size: number };
  }[];
  readonly db?: readonly { readonly version: string }[];
}

/** pgBackRest's exit codes (its src/build/error/error.yaml). */
export const databaseMissing = 80;

/** Runs a command of pgBackRest. Throws TypedError `archive_failed` with what it printed, of which CommandError is the cause. */
async function pgBackRest(
  { configFile, stanza, account }: Archive,
  args: readonly [string, ...string[]],
  signal?: AbortSignal,
): Promise<string> {
  const [command, ...options] = args;
  try {
    const { stdout } = await run(
      ['pgbackrest', `--config=${configFile}`, `--stanza=${stanza}`, command, '--log-level-file=off', ...options],
      {
        cwd: '/',
        env: { LC_ALL: 'C' },
        ...account,
        ...(signal === undefined ? {} : { signal }),
      },
    );
    return stdout;
  } catch (error) {
    signal?.throwIfAborted();
    if (!(error instanceof CommandError)) throw error;
    const said = error.output.split('\n').find((line) => line.includes('ERROR:'));
    throw new TypedError(`pgBackRest could not ${command}: ${said?.replace(/^.*ERROR: /, '') ?? error.message}`, {
      code: 'archive_failed',
      actor: 'provider',
      next: `Run: pgbackrest --config=${configFile} --stanza=${stanza} check`,
      cause: error,
    });
  }
}

/** What the archive holds; undefined: nothing that anything can be had back from. */
export async function archiveState(archive: Archive, signal?: AbortSignal): Promise<ArchiveState | undefined> {
  const said = JSON.parse(await pgBackRest(archive, ['info', '--output=json'], signal)) as readonly Info[];
  const found = said.find(({ name }) => name === archive.stanza);
  const major = found?.db?.at(-1)?.version;
  const backups = (found?.backup ?? []).filter(({ error }) => error !== true);
  if (major === undefined || backups.length === 0) return undefined;
  return {
    major,
    backups: backups.map(({ label, type, timestamp, info }) => ({
      ...{ label, type, bytes: info.size },
      endedAt: new Date(timestamp.stop * 1_000),
    })),
  };
}

/** The base backup from which a moment is had back (absent: the last there is); undefined: it lies before all of them. */
export function baseFor({ backups }: ArchiveState, at?: Date): BaseBackup | undefined {
  return backups.filter(({ endedAt }) => at === undefined || endedAt < at).at(-1);
}

/** Unpacks a base backup into a folder, to be replayed up to a moment (absent: to the last that was archived) by the PostgreSQL that starts in it. */
export async function unpackBackup(
  archive: Archive,
  wish: { readonly base: BaseBackup; readonly data: string; readonly at?: Date; readonly signal: AbortSignal },
  more: readonly string[] = [],
): Promise<void> {
  const { base, data, at, signal } = wish;
  const target =
    at === undefined
      ? ['--type=default']
      : [
          '--type=time',
          `--target=${at.toISOString().replace('T', ' ').replace('Z', '+00')}`,
          '--target-action=promote',
        ];
  await pgBackRest(archive, ['restore', `--pg1-path=${data}`, `--set=${base.label}`, ...target, ...more], signal);
}

/** Makes the place for the archive of a PostgreSQL that runs; nothing when it is there. */
export async function createArchive(archive: Archive, signal?: AbortSignal): Promise<void> {
  await pgBackRest(archive, ['stanza-create'], signal);
}

/** Proves that what a PostgreSQL that runs writes arrives in the archive. */
export async function checkArchive(archive: Archive, signal?: AbortSignal): Promise<void> {
  await pgBackRest(archive, ['check'], signal);
}

/** A base backup of a PostgreSQL of this machine, while it goes on; removes those that are older than are kept. */
export async function backUp(archive: Archive, type: 'full' | 'incr', signal?: AbortSignal): Promise<void> {
  await pgBackRest(archive, ['backup', `--type=${type}`], signal);
}
