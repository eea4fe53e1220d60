import { spawn } from 'node:child_process';
import { TypedError } from './errors.ts';

export interface RunOptions {
  readonly input?: string | Buffer;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  /** Exit codes that are not an error; default [0]. `'any'` accepts all. */
  readonly okCodes?: readonly number[] | 'any';
  /** Called with each complete line of stdout and stderr while the program runs. */
  readonly onLine?: (line: string, stream: 'stdout' | 'stderr') => void;
  readonly uid?: number;
  readonly gid?: number;
}

export interface RunResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A program ended with an exit code that was not expected; carries the whole command and the end of its output. */
export class CommandError extends TypedError {
  readonly argv: readonly string[];
  readonly exitCode: number;
  readonly stderr: string;
  /** Everything it printed, standard output first. */
  readonly output: string;

  constructor(argv: readonly string[], exitCode: number, stderr: string, stdout: string, reason?: string) {
    const tail = (stderr.trim() || stdout.trim()).split('\n').slice(-5).join('\n');
    super(`${argv.join(' ')}: ${reason ?? `exit code ${exitCode}`}${tail ? `\n${tail}` : ''}`, {
      code: 'command_failed',
    });
    this.name = 'CommandError';
    this.argv = argv;
    this.exitCode = exitCode;
    this.stderr = stderr;
    this.output = `${stdout}${stderr}`;
  }
}

/**
 * Runs a program from an argument vector (never a shell) and collects its output.
 * Rejects with {@link CommandError} on an unexpected exit code, on a timeout (SIGKILL) and with code
 * `command_not_found` when the program is absent.
 */
export async function run(argv: readonly [string, ...string[]], options: RunOptions = {}): Promise<RunResult> {
  const [program, ...args] = argv;
  return await new Promise<RunResult>((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: options.cwd,
      env: options.env === undefined ? process.env : { ...process.env, ...options.env },
      stdio: [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
      ...(options.uid === undefined ? {} : { uid: options.uid }),
      ...(options.gid === undefined ? {} : { gid: options.gid }),
    });
    const chunks: Record<'stdout' | 'stderr', string[]> = { stdout: [], stderr: [] };
    const partial = { stdout: '', stderr: '' };
    let reason: string | undefined;
    const kill = (why: string): void => {
      reason = why;
      child.kill('SIGKILL');
    };
    const timer =
      options.timeoutMs === undefined
        ? undefined
        : setTimeout(() => kill(`timed out after ${options.timeoutMs} ms`), options.timeoutMs);
    const onAbort = (): void => kill('aborted');
    options.signal?.addEventListener('abort', onAbort, { once: true });
    if (options.signal?.aborted) onAbort();
    const done = (): void => {
      clearTimeout(timer);
      options.signal?.removeEventListener('abort', onAbort);
    };
    for (const stream of ['stdout', 'stderr'] as const) {
      const source = child[stream];
      source?.setEncoding('utf8');
      source?.on('data', (text: string) => {
        chunks[stream].push(text);
        if (options.onLine === undefined) return;
        const lines = (partial[stream] + text).split('\n');
        partial[stream] = lines.pop() ?? '';
        for (const line of lines) options.onLine(line, stream);
      });
    }
    child.on('error', (error) => {
      done();
      const missing = 'code' in error && error.code === 'ENOENT';
      reject(
        missing
          ? new TypedError(`${program}: program not found`, {
              code: 'command_not_found',
              next: `Install the Debian package that provides ${program}.`,
              cause: error,
            })
          : error,
      );
    });
    child.on('close', (exitCode, exitSignal) => {
      done();
      for (const stream of ['stdout', 'stderr'] as const)
        if (partial[stream] !== '') options.onLine?.(partial[stream], stream);
      const stdout = chunks.stdout.join('');
      const stderr = chunks.stderr.join('');
      const code = exitCode ?? 128;
      if (exitSignal !== null && reason === undefined) reason = `ended by ${exitSignal}`;
      const ok = options.okCodes ?? [0];
      if (reason !== undefined || (ok !== 'any' && !ok.includes(code)))
        reject(new CommandError(argv, code, stderr, stdout, reason));
      else resolve({ code, stdout, stderr });
    });
    if (options.input !== undefined && child.stdin !== null) {
      child.stdin.on('error', () => {
        // A program may end without reading its input; its exit code tells the story.
      });
      child.stdin.end(options.input);
    }
  });
}
