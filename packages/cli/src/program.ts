import { Command, CommanderError, Option } from 'commander';
import { auditCommands } from './commands/audit.ts';
import { authCommands, projectCommands } from './commands/auth.ts';
import { backupCommands } from './commands/backup.ts';
import { catalogueCommands, eventCommands, quotaCommand } from './commands/catalogue.ts';
import { certificateCommands } from './commands/certificate.ts';
import { clusterCommands } from './commands/cluster.ts';
import { completionCommand } from './commands/completion.ts';
import { getTokenCommand } from './commands/credential.ts';
import { receiptCommands } from './commands/deletion.ts';
import { fleetCommands } from './commands/fleet.ts';
import { keyCommands } from './commands/key.ts';
import { memberCommands } from './commands/member.ts';
import { nodeCommands } from './commands/node.ts';
import { operationCommands } from './commands/operation.ts';
import { poolCommands } from './commands/pool.ts';
import { priceCommands } from './commands/price.ts';
import { probeCommand } from './commands/probe.ts';
import { tokenCommands } from './commands/token.ts';
import { usageCommands } from './commands/usage.ts';
import { webhookCommands } from './commands/webhook.ts';
import type { CliContext } from './context.ts';
import { describeError, exitCodeOf } from './errors.ts';
import { exitCodes } from './exit-codes.ts';
import { outputFormats } from './output/format.ts';
import type { Terminal } from './terminal.ts';

export interface CliOptions {
  readonly argv: readonly string[];
  readonly terminal: Terminal;
  readonly version: string;
  readonly now?: () => Date;
  /** Commands of the machine (components, test, …); handed in, because the CLI knows the public API only. */
  readonly extend?: (program: Command) => void;
  /** Commands whose arguments are not ours, by name: everything after the name is handed on untouched. */
  readonly passThrough?: Readonly<Record<string, PassThrough>>;
}

export interface PassThrough {
  readonly summary: string;
  /** Answers with the exit code. */
  readonly run: (args: readonly string[]) => Promise<number>;
}

/** Runs one command line and answers with its exit code. Expected errors are printed, never thrown. */
export async function runCli(options: CliOptions): Promise<number> {
  const { terminal, argv } = options;
  try {
    const [first = '', ...rest] = argv;
    const other = Object.hasOwn(options.passThrough ?? {}, first) ? options.passThrough?.[first] : undefined;
    if (other !== undefined) return await other.run(rest);
    const program = buildProgram(options);
    await program.parseAsync([...argv], { from: 'user' });
    return exitCodes.ok;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
    terminal.stderr(describeError(error, argv.includes('--debug')));
    return exitCodeOf(error);
  }
}

/** The command tree; nothing runs yet. */
export function buildProgram(options: Omit<CliOptions, 'argv'>): Command {
  const { terminal } = options;
  const context: CliContext = { terminal, now: options.now ?? (() => new Date()) };
  const program = new Command('kaas');
  // Settings are inherited by sub-commands only when they are made before those.
  program
    .exitOverride()
    .configureOutput({ writeOut: terminal.stdout, writeErr: terminal.stderr, getOutHasColors: () => false })
    .showHelpAfterError('(kaas --help, or --help after any command)')
    .description('Kubernetes clusters on OpenStack')
    .version(options.version)
    .option('--url <url>', 'address of the service (KAAS_URL)')
    .addOption(new Option('-o, --output <format>', 'how to print').choices([...outputFormats]).default('table'))
    .option('--no-headers', 'leave the heads of tables out')
    .option('--debug', 'show stack traces', false);
  authCommands(program, context);
  tokenCommands(program, context);
  projectCommands(program, context);
  memberCommands(program, context);
  clusterCommands(program, context);
  getTokenCommand(program, context);
  receiptCommands(program, context);
  poolCommands(program, context);
  nodeCommands(program, context);
  backupCommands(program, context);
  certificateCommands(program, context);
  keyCommands(program, context);
  operationCommands(program, context);
  catalogueCommands(program, context);
  quotaCommand(program, context);
  usageCommands(program, context);
  priceCommands(program, context);
  fleetCommands(program, context);
  eventCommands(program, context);
  auditCommands(program, context);
  webhookCommands(program, context);
  probeCommand(program, context);
  completionCommand(program, context);
  options.extend?.(program);
  for (const [name, { summary }] of Object.entries(options.passThrough ?? {}))
    program.command(name).description(summary).argument('[args...]');
  return program;
}
