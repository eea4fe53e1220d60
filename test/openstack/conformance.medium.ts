import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeServerImage, startTestCloud } from '@matryoshka/pocket-cloud/testing';
import { expect, it } from 'vitest';
import { type Difference, differences } from './compare.ts';
import { differencesDocument } from './document.ts';
import { passing, reasonOf } from './known-differences.ts';
import type { Step } from './recorder.ts';
import { runScenario } from './scenario/index.ts';

interface Recording {
  readonly cloud: string;
  readonly steps: readonly Step[];
}

const here = (path: string): string => new URL(path, import.meta.url).pathname;

it('pocket cloud answers as the real OpenStack did, but for what is told in docs/pocket-cloud.md', {
  timeout: 600_000,
  retry: 2,
}, async () => {
  const real = JSON.parse(await readFile(here('recordings/zed.json'), 'utf8')) as Recording;
  expect(real.steps.length).toBeGreaterThan(300);
  const work = await mkdtemp(join(tmpdir(), 'conformance-'));
  const cloud = await startTestCloud('pnd', 23);
  try {
    const admin = { name: 'admin', password: cloud.config.adminPassword, project: 'admin' };
    const authUrl = `http://${cloud.config.address}:${cloud.config.ports.keystone}/v3`;
    const steps = await runScenario({ authUrl, admin, image: await makeServerImage(work) });
    expect(steps).toHaveLength(real.steps.length);
    const found = differences(real.steps, steps);
    const show = ({ step, what, real: theirs, pocket }: Difference): string =>
      `${step}: ${what}: ${theirs} / ${pocket}`;
    expect(found.filter((difference) => reasonOf(difference) === undefined).map(show)).toEqual([]);
    // Every one of them, but for those that depend on how fast things go: a new one fails, and so does one that is gone.
    const steady = found.filter((difference) => !passing.has(reasonOf(difference) ?? ''));
    await expect(
      `${steady
        .map((difference) => show(difference).replaceAll('\n', ' '))
        .toSorted()
        .join('\n')}\n`,
    ).toMatchFileSnapshot(here('differences.txt'));
    await expect(differencesDocument(real.cloud, found)).toMatchFileSnapshot(here('../../docs/pocket-cloud.md'));
  } finally {
    await cloud.purge();
    await rm(work, { recursive: true, force: true });
  }
});
