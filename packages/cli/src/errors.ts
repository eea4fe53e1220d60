import { ProblemError, ServiceUnreachableError } from '@matryoshka/client';
import type { Problem } from '@matryoshka/contract';
import { type Actor, errorMessage, TypedError } from '@matryoshka/system';
import { type ExitCode, exitCodes } from './exit-codes.ts';

/** An expected failure of a command, with the exit code it ends with. */
export class CliError extends TypedError {
  readonly exitCode: ExitCode;

  constructor(message: string, options: { code: string; exitCode: ExitCode; next?: string; actor?: Actor }) {
    super(message, { ...options, actor: options.actor ?? 'user' });
    this.name = 'CliError';
    this.exitCode = options.exitCode;
  }
}

/** Wrong arguments, found after parsing. */
export function usageError(message: string, next?: string): CliError {
  return new CliError(message, {
    code: 'usage',
    exitCode: exitCodes.usage,
    next: next ?? 'Run the command again with --help.',
  });
}

const actorNames: Readonly<Record<Actor, string>> = {
  user: 'you',
  provider: 'the provider of this cloud',
  us: 'the makers of Matryoshka (a bug)',
};

/** The exit code for anything thrown. */
export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof CliError) return error.exitCode;
  if (!(error instanceof ProblemError)) return exitCodes.error;
  const { status } = error.problem;
  if (status === 404) return exitCodes.notFound;
  if (status === 409 || status === 412) return exitCodes.conflict;
  return status === 400 || status === 422 ? exitCodes.usage : exitCodes.error;
}

/** What a person reads: what and where first, then who must act, the next step and the request id. The stack only with `debug`. */
export function describeError(error: unknown, debug = false): string {
  const lines = linesOf(error);
  if (debug && error instanceof Error && error.stack !== undefined) lines.push(error.stack);
  return `${lines.join('\n')}\n`;
}

function linesOf(error: unknown): string[] {
  if (error instanceof ProblemError) return problemLines(error.problem);
  if (error instanceof ServiceUnreachableError)
    return [
      `kaas: the service does not answer: ${error.message}`,
      `  who must act: ${actorNames.provider}`,
      '  next step: check the address (--url, KAAS_URL) and that the service runs.',
    ];
  if (error instanceof TypedError)
    return [
      `kaas: ${error.message}`,
      `  who must act: ${actorNames[error.actor]}`,
      ...(error.next === undefined ? [] : [`  next step: ${error.next}`]),
    ];
  return [
    `kaas: ${errorMessage(error)}`,
    `  who must act: ${actorNames.us}`,
    '  next step: run it again with --debug.',
  ];
}

function problemLines(problem: Problem): string[] {
  const violations = (problem.violations ?? []).map(
    (item) => `  ${item.pointer}: ${item.message}${item.suggestion === undefined ? '' : ` (try ${item.suggestion})`}`,
  );
  return [
    `kaas: ${problem.detail} [${problem.code}]`,
    ...violations,
    `  who must act: ${actorNames[problem.actor] ?? actorNames.us}`,
    `  next step: ${problem.next}`,
    `  request id: ${problem.requestId}`,
  ];
}
