import { runCli, type Terminal } from '@matryoshka/cli';

export interface Run {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly home: string;
  readonly env: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  /** Sees the output while it grows. */
  readonly watch?: (out: { readonly stdout: string; readonly stderr: string }) => void;
  /** The browser of this person. */
  readonly openUrl?: (url: string) => void;
}

/** Runs a command line as a person without a terminal would. */
export async function runKaas(argv: readonly string[], options: RunOptions): Promise<Run> {
  const out = { stdout: '', stderr: '' };
  const terminal: Terminal = {
    stdout: (text) => {
      out.stdout += text;
      options.watch?.(out);
    },
    stderr: (text) => {
      out.stderr += text;
      options.watch?.(out);
    },
    stdoutIsTty: false,
    stderrIsTty: false,
    stdinIsTty: false,
    env: options.env,
    home: options.home,
    signal: options.signal ?? new AbortController().signal,
    openUrl: options.openUrl ?? (() => {}),
    ask: async () => '',
    readSecret: async () => '',
  };
  const code = await runCli({ argv, terminal, version: '0.1.0' });
  return { code, ...out };
}
