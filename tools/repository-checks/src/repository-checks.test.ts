import { describe, expect, it } from 'vitest';
import { maxLines, tooLongFiles, tooLongMains } from './file-size.ts';
import { isAllowed, licenceProblems } from './licences.ts';
import { lockfileProblems } from './lockfile.ts';
import { manifestProblems } from './manifests.ts';

describe('lock file', () => {
  it('refuses registry addresses, missing hashes and install scripts', () => {
    const problems = lockfileProblems({
      packages: {
        '': {},
        'packages/kube': { version: '0.1.0' },
        'node_modules/@matryoshka/kube': { link: true, resolved: 'packages/kube' },
        'node_modules/good': { version: '1.0.0', integrity: 'sha512-x' },
        'node_modules/located': { integrity: 'sha512-x', resolved: 'https://registry.invalid/located.tgz' },
        'node_modules/unhashed': {},
        'node_modules/a/node_modules/scripted': { integrity: 'sha512-x', hasInstallScript: true },
      },
    });
    expect(problems).toHaveLength(3);
    expect(problems.join('\n')).toMatch(/located names a registry[\s\S]*unhashed has no integrity[\s\S]*scripted runs/);
  });
});

describe('licences', () => {
  it.each([
    ['MIT', true],
    ['(MIT OR GPL-3.0-only)', true],
    ['MIT AND GPL-3.0-only', false],
    ['GPL-3.0-only', false],
    ['UNLICENSED', false],
  ])('%s: %s', (expression, allowed) => expect(isAllowed(expression)).toBe(allowed));

  it('looks into the package when the lock file is silent', () => {
    const lockfile = { packages: { 'node_modules/a': {}, 'node_modules/b': {} } };
    const { checked, problems } = licenceProblems(lockfile, (path) => (path.endsWith('a') ? 'MIT' : undefined));
    expect(checked).toBe(2);
    expect(problems).toEqual(['node_modules/b: no licence named']);
  });
});

describe('file sizes', () => {
  const file = (path: string, lines: number) => ({ path, text: 'x\n'.repeat(lines) });
  it('names long files, but not generated ones', () => {
    const problems = tooLongFiles([
      file('packages/a/src/a.ts', maxLines),
      file('packages/a/src/b.ts', maxLines + 1),
      file('packages/a/src/generated/c.ts', 5000),
    ]);
    expect(problems).toEqual([`packages/a/src/b.ts: ${maxLines + 1} lines, at most ${maxLines}; split it by subject`]);
  });
  it('keeps composition roots short', () => {
    expect(tooLongMains([file('apps/a/src/main.ts', 150), file('apps/b/src/main.ts', 149)])).toHaveLength(1);
  });
});

describe('manifests', () => {
  it('wants exact versions and our licence', () => {
    expect(
      manifestProblems('a', {
        license: 'Apache-2.0',
        private: true,
        dependencies: { '@matryoshka/kube': '*', pg: '8.1.0' },
      }),
    ).toEqual([]);
    expect(manifestProblems('a', { dependencies: { pg: '^8.1.0', '@matryoshka/kube': '0.1.0' } })).toHaveLength(4);
  });
});
