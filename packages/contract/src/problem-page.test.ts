import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { problemCodes, problems, problemsUrl, problemType } from './problem.ts';
import { problemPage } from './problem-page.ts';

const committed = new URL('../../../docs/problems.md', import.meta.url).pathname;

describe('docs/problems.md', () => {
  it('is committed as the table makes it now (write it anew with --update)', async () => {
    expect(existsSync(committed)).toBe(true);
    await expect(problemPage()).toMatchFileSnapshot(committed);
  });

  it.each(problemCodes)('has a section that the type of %s leads to', (code) => {
    const [page, anchor] = problemType(code).split('#');
    expect(page).toBe(problemsUrl);
    // A heading of letters and underscores is its own anchor.
    const section = problemPage().split(`\n## ${anchor}\n`)[1]?.split('\n## ')[0];
    expect(section).toContain(`**${problems[code].status}**`);
    expect(section).toContain(problems[code].meaning);
    expect(section).toContain('Who must act: ');
  });
});

describe('problem codes', () => {
  it('are words that an anchor, a program and a person can read, with the status of an error', () => {
    for (const code of problemCodes) {
      expect(code).toMatch(/^[a-z]+(_[a-z]+)*$/);
      expect(problems[code].status).toBeGreaterThanOrEqual(400);
      expect(problems[code].meaning).toMatch(/\.$/);
    }
  });
});
