import { access, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheDir } from '@matryoshka/components';
import { run } from '@matryoshka/system';

/** A program of PyPI in an environment of its own below the cache, made once. Needs python3 with venv. */
export async function pythonProgram(options: {
  /** As pip names it, with its extras. */
  readonly requirement: string;
  readonly version: string;
  readonly program: string;
}): Promise<string> {
  const { requirement, version, program } = options;
  const folder = join(cacheDir(), program);
  const home = join(folder, version);
  // Written last: without it a making that was broken off begins anew.
  const complete = join(home, 'complete');
  const made = join(home, 'bin', program);
  try {
    await access(complete);
    return made;
  } catch {
    await rm(home, { recursive: true, force: true });
  }
  await mkdir(folder, { recursive: true });
  await run(['/usr/bin/python3', '-m', 'venv', home]);
  const pip = [join(home, 'bin', 'pip'), 'install', '--quiet', '--disable-pip-version-check'] as const;
  await run([...pip, `${requirement}==${version}`]);
  await writeFile(complete, '');
  return made;
}
