import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { run } from '@matryoshka/system';
import { type SourceFile, tooLongFiles, tooLongMains } from './file-size.ts';
import { licenceProblems } from './licences.ts';
import { type Lockfile, lockfileProblems } from './lockfile.ts';
import { type Manifest, manifestProblems } from './manifests.ts';

const root = resolve(import.meta.dirname, '../../..');
const json = <T>(path: string): T => JSON.parse(readFileSync(join(root, path), 'utf8')) as T;

// Tracked files and new ones alike, so that a problem shows before the commit.
const listed = await run(['git', '-C', root, 'ls-files', '--cached', '--others', '--exclude-standard', '-z']);
const files = listed.stdout.split('\0').filter((path) => path !== '' && existsSync(join(root, path)));
const sources: SourceFile[] = files
  .filter((path) => /\.(ts|cjs|mjs|go)$/.test(path))
  .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }));

const lockfile = json<Lockfile>('package-lock.json');
const installedLicence = (path: string): string | undefined => {
  const manifest = join(path, 'package.json');
  return existsSync(join(root, manifest)) ? json<{ license?: string }>(manifest).license : undefined;
};
const licences = licenceProblems(lockfile, installedLicence);
const manifests = files.filter((path) => path.endsWith('/package.json') && !path.includes('testdata/'));

const problems = [
  ...lockfileProblems(lockfile),
  ...licences.problems,
  ...tooLongFiles(sources),
  ...tooLongMains(sources),
  ...manifests.flatMap((path) => manifestProblems(path, json<Manifest>(path))),
];
if (licences.checked < 100) problems.push(`only ${licences.checked} packages in the lock file: the check is broken`);

for (const problem of problems) process.stdout.write(`repository: ${problem}\n`);
process.stdout.write(
  `repository: ${licences.checked} npm licences, ${sources.length} source files, ${manifests.length} manifests, ${problems.length} problems\n`,
);
process.exitCode = problems.length === 0 ? 0 : 1;
