import { readdir, readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { createKubeClient } from '@matryoshka/kube';
import { sleep } from '@matryoshka/system';
import { startTestApiServer } from '@matryoshka/testkit';
import { percentile } from './statistics.ts';

// How soon one replica of a control plane tells of what another wrote, by the interval in which kine asks PostgreSQL, and what that costs when
// nothing happens. Ratios of one run: this machine is shared.

const { values } = parseArgs({
  options: {
    intervals: { type: 'string', default: '1s,200ms,100ms,50ms,20ms' },
    writes: { type: 'string', default: '200' },
    idle: { type: 'string', default: '10' },
  },
});
const writes = Number(values.writes);
const idleSeconds = Number(values.idle);

/** Processor seconds of all processes of this name on the machine: run it while nothing else has any. */
async function cpuSeconds(name: RegExp): Promise<number> {
  let ticks = 0;
  for (const pid of (await readdir('/proc')).filter((entry) => /^\d+$/.test(entry))) {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
    const [, command = '', rest = ''] = /^\d+ \((.*)\) (.*)$/s.exec(stat) ?? [];
    if (!name.test(command)) continue;
    const fields = rest.split(' ');
    ticks += Number(fields[11]) + Number(fields[12]);
  }
  return ticks / 100;
}

for (const interval of values.intervals.split(',')) {
  const kineFlags = [`--datastore-poll-interval=${interval}`, '--datastore-max-open-connections=10'];
  const first = await startTestApiServer({ kineFlags });
  try {
    const second = await startTestApiServer({ kineFlags, beside: first });
    const [writer, watcher] = [createKubeClient(first.connection), createKubeClient(second.connection)];
    try {
      const query = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'default' };
      const { resourceVersion } = await watcher.list(query);
      const acknowledged = new Map<string, number>();
      const seen = new Map<string, number>();
      const stop = new AbortController();
      const following = (async () => {
        for await (const { type, object } of watcher.watch(query, { resourceVersion, signal: stop.signal }))
          if (type === 'ADDED') seen.set(object.metadata.name, performance.now());
      })().catch(() => undefined);
      for (let i = 0; i < writes; i += 1) {
        const name = `w-${i}`;
        await writer.create({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'default' } });
        acknowledged.set(name, performance.now());
        // Out of step with the interval.
        await sleep(20 + Math.random() * 60);
      }
      await sleep(2_500);
      stop.abort();
      await following;
      const lags = [...acknowledged].map(([name, at]) => (seen.get(name) ?? Number.POSITIVE_INFINITY) - at);
      const [kine, postgres] = [await cpuSeconds(/^kine$/), await cpuSeconds(/^postgres$/)];
      await sleep(idleSeconds * 1000);
      const share = (now: number, before: number): string => (((now - before) / idleSeconds / 2) * 100).toFixed(2);
      process.stdout.write(
        `${interval}: lag p50 ${percentile(lags, 0.5).toFixed(0)} ms, p99 ${percentile(lags, 0.99).toFixed(0)} ms; ` +
          `idle, per replica: kine ${share(await cpuSeconds(/^kine$/), kine)} %, PostgreSQL ${share(await cpuSeconds(/^postgres$/), postgres)} % of a core\n`,
      );
    } finally {
      await Promise.all([writer.close(), watcher.close()]);
      await second.stop();
    }
  } finally {
    await first.stop();
  }
}
