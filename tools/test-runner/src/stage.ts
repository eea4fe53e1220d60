import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CommandError, run } from '@matryoshka/system';

export interface Count {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

export interface Stage {
  readonly name: string;
  run(say: (line: string) => void): Promise<Count>;
}

/** A program that passes or fails as a whole; its output is shown only when it fails. */
export function check(name: string, argv: readonly [string, ...string[]]): Stage {
  return {
    name,
    run: async (say) => {
      try {
        await run(argv);
        return { passed: 1, failed: 0, skipped: 0 };
      } catch (error) {
        if (!(error instanceof CommandError)) throw error;
        say(error.output);
        return { passed: 0, failed: 1, skipped: 0 };
      }
    },
  };
}

interface VitestReport {
  readonly success: boolean;
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
}

/** One tier of vitest. A tier in which a file could not be loaded, or in which no test ran, has failed even when no test did. */
export function vitest(tier: string, vitestProgram: string): Stage {
  return {
    name: `${tier} tests`,
    run: async (say) => {
      const folder = await mkdtemp(join(tmpdir(), 'kaas-test-'));
      const report = join(folder, 'report.json');
      try {
        const argv = [
          process.execPath,
          vitestProgram,
          'run',
          '--project',
          tier,
          '--reporter=dot',
          '--reporter=json',
          `--outputFile.json=${report}`,
        ] as const;
        const ended = await run([...argv], { okCodes: 'any' });
        const result = JSON.parse(await readFile(report, 'utf8').catch(() => '{}')) as Partial<VitestReport>;
        const passed = result.numPassedTests ?? 0;
        const failed = result.numFailedTests ?? 0;
        const skipped = (result.numPendingTests ?? 0) + (result.numTodoTests ?? 0);
        const broken = ended.code !== 0 || passed + failed === 0;
        if (broken) say(`${ended.stdout}\n${ended.stderr}`);
        return { passed, failed: failed === 0 && broken ? 1 : failed, skipped };
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
  };
}
