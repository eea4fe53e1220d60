import { flushCompileCache } from 'node:module';

/**
 * Command line that runs a TypeScript program of ours on the Node.js that runs us. Where NODE_COMPILE_CACHE is set (the launcher does), the
 * program starts from compiled code and never loads the compiler: half the start-up time and 30 MB less.
 */
export function nodeProgram(file: string, ...args: readonly string[]): [string, ...string[]] {
  return [process.execPath, '--disable-warning=ExperimentalWarning', file, ...args];
}

/** Keeps what this program has compiled so far for its next start; Node.js does so only at a clean end, which a daemon may never have. */
export function keepCompiled(): void {
  flushCompileCache();
}
