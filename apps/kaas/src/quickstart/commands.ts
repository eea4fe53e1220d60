import { type PassThrough, runCli, type Terminal } from '@matryoshka/cli';
import { run, TypedError } from '@matryoshka/system';

/** Runs what a customer would type, and shows it, so that quickstart can be repeated by hand. */
export interface Commands {
  /** `kaas …`; answers its standard output. Throws TypedError `command_failed` when it fails. */
  kaas(
    argv: readonly string[],
    options?: { readonly env?: Readonly<Record<string, string>>; readonly quiet?: boolean },
  ): Promise<string>;
  /** `kubectl …` against the cluster's context. */
  kubectl(argv: readonly string[], options?: { readonly input?: string; readonly quiet?: boolean }): Promise<string>;
}

export interface CommandsOptions {
  readonly terminal: Terminal;
  readonly version: string;
  readonly url: string;
  readonly kubectl: string;
  readonly context: string;
  readonly passThrough?: Readonly<Record<string, PassThrough>>;
}

export function createCommands(options: CommandsOptions): Commands {
  const { terminal } = options;
  const show = (text: string): void => terminal.stderr(`\n$ ${text}\n`);
  return {
    kaas: async (argv, { env = {}, quiet = false } = {}) => {
      if (!quiet) show(`kaas ${argv.join(' ')}`);
      let [stdout, stderr] = ['', ''];
      const code = await runCli({
        argv,
        version: options.version,
        terminal: {
          ...terminal,
          env: { ...terminal.env, KAAS_URL: options.url, ...env },
          stdout: (text) => {
            stdout += text;
            if (!quiet) terminal.stderr(text);
          },
          stderr: (text) => {
            stderr += text;
            if (!quiet) terminal.stderr(text);
          },
        },
      });
      if (code !== 0)
        throw new TypedError(`kaas ${argv.join(' ')} ended with ${code}${quiet ? `: ${stderr.trim()}` : ''}`, {
          code: 'command_failed',
          next: 'Read what it said above; kaas doctor looks at the whole platform.',
          details: { exitCode: code },
        });
      return stdout;
    },
    kubectl: async (argv, { input, quiet = false } = {}) => {
      if (!quiet) show(`kubectl ${argv.join(' ')}`);
      const { stdout, stderr } = await run([options.kubectl, '--context', options.context, ...argv], {
        signal: terminal.signal,
        ...(input === undefined ? {} : { input }),
      });
      if (!quiet) terminal.stderr(`${stdout}${stderr}`);
      return stdout;
    },
  };
}
