import { errorMessage, run } from '@matryoshka/system';
import { readOptions } from './options.ts';
import { setUp } from './set-up.ts';
import { type Count, check, type Stage } from './stage.ts';
import { vitest } from './vitest.ts';

const heartbeatMs = 30_000;

const root = new URL('../../..', import.meta.url).pathname;
process.chdir(root);
// Programs that look for `node` by name (vitest's workers do) must find the one that runs us.
process.env.PATH = `${root}node_modules/.bin:${process.env.PATH ?? ''}`;

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

const options = readOptions(process.argv.slice(2));
if ('say' in options) {
  (options.code === 0 ? process.stdout : process.stderr).write(options.say);
  process.exit(options.code);
}

const node = process.execPath;
const modules = `${root}node_modules`;
const tracked = (await run(['git', 'ls-files', '*.medium.ts', '*.e2e.ts'])).stdout;
const stages: readonly Stage[] = [
  check('types', [node, `${modules}/typescript-7/bin/tsc`, '-p', 'tsconfig.json']),
  check('lint', [node, `${modules}/@biomejs/biome/bin/biome`, 'check', '.']),
  check('dependency directions', [node, 'tools/layers/src/main.ts']),
  check('licences, lock file, file sizes', [node, 'tools/repository-checks/src/main.ts']),
  ...options.tiers
    .filter((tier) => tier === 'unit' || tracked.includes(`.${tier}.ts`))
    .map((tier) => vitest(tier, `${modules}/vitest/vitest.mjs`)),
];

async function timed(stage: Stage): Promise<Count> {
  const started = performance.now();
  const seconds = (): string => ((performance.now() - started) / 1000).toFixed(1);
  const heartbeat = setInterval(() => say(`  ${stage.name}: ${seconds()} s`), heartbeatMs);
  try {
    const count = await stage.run(say);
    say(`${count.failed === 0 ? 'ok    ' : 'FAILED'} ${stage.name}: ${count.passed} passed, ${seconds()} s`);
    return count;
  } finally {
    clearInterval(heartbeat);
  }
}

let [passed, failed, skipped] = [0, 0, 0];

async function tally(stage: Stage): Promise<void> {
  const count = await timed(stage);
  passed += count.passed;
  failed += count.failed;
  skipped += count.skipped;
}

try {
  const quick = stages.filter(({ heavy }) => !heavy);
  for (const stage of quick) await tally(stage);
  const heavy = stages.filter((stage) => stage.heavy);
  // A broken type or rule is told in seconds, not after half an hour of building.
  if (heavy.length > 0) await setUp(say);
  for (const stage of heavy) await tally(stage);
} catch (error) {
  process.stderr.write(`kaas test: ${errorMessage(error)}\n`);
  failed += 1;
}
say(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
process.exitCode = failed === 0 ? 0 : 1;
