import { describe, expect, it } from 'vitest';
import { countOf, failures, type Report } from './vitest.ts';

const report = (change: Partial<Report>): Report => ({
  numPassedTests: 3,
  numFailedTests: 0,
  numPendingTests: 0,
  numTodoTests: 0,
  testResults: [],
  ...change,
});

describe('the verdict of a tier', () => {
  it('is good only when tests ran and vitest says so', () => {
    expect(countOf(report({}), 0)).toEqual({ passed: 3, failed: 0, skipped: 0 });
    expect(countOf(report({}), 1).failed).toBe(1);
    expect(countOf(report({ numPassedTests: 0 }), 0).failed).toBe(1);
    expect(countOf(report({ numFailedTests: 2, numTodoTests: 1 }), 1)).toEqual({ passed: 3, failed: 2, skipped: 1 });
  });

  it('names failed tests and files that could not be loaded', () => {
    const found = failures(
      report({
        testResults: [
          { name: '/x/good.test.ts', status: 'passed', assertionResults: [{ fullName: 'a', status: 'passed' }] },
          {
            name: '/x/bad.test.ts',
            status: 'failed',
            assertionResults: [{ fullName: 'b', status: 'failed', failureMessages: ['expected 1 to be 2'] }],
          },
          { name: '/x/broken.test.ts', status: 'failed', message: 'Cannot find module', assertionResults: [] },
        ],
      }),
    );
    expect(found).toHaveLength(2);
    expect(found[0]).toMatch(/bad\.test\.ts: b\nexpected 1 to be 2/);
    expect(found[1]).toMatch(/broken\.test\.ts\nCannot find module/);
  });
});
