import { access, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { platformConfig } from '@matryoshka/installer';
import { run } from '@matryoshka/system';

/** Pinned: another version makes other requests. */
const version = '4.32.5';

/** The program `schemathesis` of PyPI in an environment of its own below the cache, made once. Needs python3 with venv. */
export async function schemathesisProgram(): Promise<string> {
  const folder = join(platformConfig().cacheDir, 'schemathesis');
  const home = join(folder, version);
  const program = join(home, 'bin', 'schemathesis');
  // Written last: without it a making that was broken off begins anew.
  const complete = join(home, 'complete');
  try {
    await access(complete);
    return program;
  } catch {
    await rm(home, { recursive: true, force: true });
  }
  await mkdir(folder, { recursive: true });
  await run(['/usr/bin/python3', '-m', 'venv', home]);
  const pip = [join(home, 'bin', 'pip'), 'install', '--quiet', '--disable-pip-version-check'] as const;
  await run([...pip, `schemathesis==${version}`]);
  await writeFile(complete, '');
  return program;
}
