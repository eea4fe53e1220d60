import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { run } from '@matryoshka/system';
import type { Count, Stage } from './stage.ts';

interface Assertion {
  readonly fullName: string;
  readonly status: 'passed' | 'failed' | 'skipped' | 'pending' | 'todo' | 'disabled';
  readonly failureMessages?: readonly string[];
}

interface FileResult {
  readonly name: string;
  readonly status: 'passed' | 'failed';
  readonly message?: string;
  readonly assertionResults: readonly Assertion[];
}

/** vitest's JSON report (https://vitest.dev/guide/reporters, "JSON reporter"), as far as it is used. */
export interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  readonly testResults: readonly FileResult[];
}

/** Of a failure's text: what is wrong stands first, what a program that failed said last stands last. */
const linesPerFailure = { first: 12, last: 18 };

/** One tier of vitest. A tier in which a file could not be loaded, or in which no test ran, has failed even when no test did. */
export function vitest(tier: string, program: string): Stage {
  return {
    name: `${tier} tests`,
    heavy: tier !== 'unit',
    run: async (say) => {
      const folder = await mkdtemp(join(tmpdir(), 'kaas-test-'));
      const file = join(folder, 'report.json');
      const argv = ['run', '--project', tier, '--reporter=verbose', '--reporter=json', `--outputFile.json=${file}`];
      try {
        const ended = await run([process.execPath, program, ...argv], {
          okCodes: 'any',
          env: { NO_COLOR: '1', FORCE_COLOR: undefined },
          onLine: (line) => {
            // Unit tests are over in seconds; of the long ones, each says when it ends.
            if (tier !== 'unit' && /^\s+[✓×] /.test(line)) say(`  ${line.trim()}`);
          },
        });
        const text = await readFile(file, 'utf8').catch(() => undefined);
        if (text === undefined) {
          say(`${ended.stdout}\n${ended.stderr}`);
          return { passed: 0, failed: 1, skipped: 0 };
        }
        const report = JSON.parse(text) as Report;
        for (const line of failures(report)) say(line);
        const count = countOf(report, ended.code);
        if (count.failed > 0 && failures(report).length === 0) say(`${ended.stdout.slice(-4000)}\n${ended.stderr}`);
        return count;
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
  };
}

/** What counts, also when vitest ended badly without a failed test (an unhandled error, a file that cannot be loaded, no test at all). */
export function countOf(report: Report, exitCode: number): Count {
  const { numPassedTests: passed, numFailedTests: failed } = report;
  const skipped = report.numPendingTests + report.numTodoTests;
  const broken = exitCode !== 0 || passed + failed === 0;
  return { passed, failed: failed === 0 && broken ? 1 : failed, skipped };
}

function shorten(text: string): string {
  const lines = text.split('\n');
  const { first, last } = linesPerFailure;
  if (lines.length <= first + last) return text;
  return [...lines.slice(0, first), `[${lines.length - first - last} lines left out]`, ...lines.slice(-last)].join(
    '\n',
  );
}

/** Every failed test and every file that could not run, with the beginning and the end of what it says. */
export function failures(report: Report): readonly string[] {
  return report.testResults.flatMap((result) => {
    const where = relative(process.cwd(), result.name);
    const failed = result.assertionResults
      .filter(({ status }) => status === 'failed')
      .map(
        ({ fullName, failureMessages }) =>
          `  FAILED ${where}: ${fullName}\n${shorten((failureMessages ?? []).join('\n'))}`,
      );
    if (failed.length > 0 || result.status === 'passed') return failed;
    return [`  FAILED ${where}\n${shorten(result.message ?? '')}`];
  });
}
