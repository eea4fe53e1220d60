import { homedir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Report } from '@matryoshka/probe';
import { sleep } from '@matryoshka/system';
import { kaas, kaasOk, managementKubectl } from '../e2e/support/platform.ts';
import { faults, type Replica, wholeReplicas } from '../e2e/support/replicas.ts';
import { eventually } from '../e2e/support/waiting.ts';
import { percentile } from './statistics.ts';

// What `kaas probe` sees while a replica of an HA control plane is hurt, many times over. On a platform that is there:
// `KAAS_E2E_DATA_DIR=/var/lib/matryoshka node test/bench/failover.ts --cluster demo --fault kill-apiserver --rounds 20`. Between rounds the replica is replaced, because kubelet lets a container that
// was killed often wait.

const { values } = parseArgs({
  options: {
    cluster: { type: 'string', default: 'demo' },
    fault: { type: 'string', default: 'kill-apiserver' },
    rounds: { type: 'string', default: '20' },
    seconds: { type: 'string', default: '14' },
  },
});
const fault = values.fault as keyof typeof faults;
if (!(fault in faults)) throw new Error(`--fault is one of ${Object.keys(faults).join(', ')}`);

// The session of whoever runs this.
const env = { KAAS_CONFIG: join(homedir(), '.config', 'matryoshka', 'config.json') };
const shown = await kaasOk(['cluster', 'get', values.cluster, '-o', 'json'], { env });
const { id } = JSON.parse(shown) as { readonly id: string };
const whole = async (): Promise<readonly Replica[]> =>
  await eventually('both replicas are ready', async () => await wholeReplicas(id));
const reports: Report[] = [];
for (let round = 0; round < Number(values.rounds); round += 1) {
  const victim = (await whole())[round % 2];
  if (victim === undefined) throw new Error('no replica');
  const argv = ['probe', values.cluster, '--for', `${values.seconds}s`, '--exec-interval', '2s', '-o', 'json'];
  const probing = kaas(argv, { env });
  await sleep(6_000);
  await faults[fault](id, victim);
  const { code, stdout, stderr } = await probing;
  if (code !== 0) throw new Error(stderr);
  const report = JSON.parse(stdout) as Report;
  reports.push(report);
  const { read, write } = report.calls;
  process.stderr.write(
    `${round + 1}: read ${read?.longestGap?.ms.toFixed(0)} ms, write ${write?.longestGap?.ms.toFixed(0)} ms, twice ${read?.failedTwice} + ${write?.failedTwice}\n`,
  );
  if (fault.startsWith('kill') || fault === 'hang') {
    await managementKubectl(['delete', 'pod', '-n', id, victim.name, '--wait=false', '--ignore-not-found']);
    await sleep(2_000);
  }
}

const sum = (of: (report: Report) => number): number => reports.reduce((all, report) => all + of(report), 0);
const gaps = (kind: 'read' | 'write') => reports.map(({ calls }) => calls[kind]?.longestGap?.ms ?? Number.NaN);
const ms = (value: number): string => `${value.toFixed(0)} ms`;
for (const kind of ['read', 'write'] as const) {
  const all = gaps(kind);
  const [calls, failed, twice] = (['calls', 'failed', 'failedTwice'] as const).map((name) =>
    sum((report) => report.calls[kind]?.[name] ?? 0),
  );
  process.stdout.write(
    `${fault} ${kind}: ${reports.length} rounds, gap p50 ${ms(percentile(all, 0.5))}, p95 ${ms(percentile(all, 0.95))}, most ${ms(Math.max(...all))}; ` +
      `of ${calls} calls ${failed} failed, ${twice} twice\n`,
  );
}
process.stdout.write(
  `lost ${sum(({ lost }) => lost.length)}, missing ${sum(({ watch }) => watch.missing.length)}, doubled ${sum(({ watch }) => watch.doubled)}, ` +
    `out of order ${sum(({ watch }) => watch.reordered)}\n`,
);
