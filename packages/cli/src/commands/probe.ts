import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client } from '@matryoshka/client';
import type { ProbeOptions, Recording } from '@matryoshka/probe';
import { repeatedly, writeFileAtomic } from '@matryoshka/system';
import type { Command } from 'commander';
import { type CliContext, clientOf, findCluster, outputOptions } from '../context.ts';
import { CliError, usageError } from '../errors.ts';
import { exitCodes } from '../exit-codes.ts';
import { formatData, isData } from '../output/format.ts';
import { parseDuration } from '../parse-duration.ts';

interface ProbeCommandOptions {
  readonly for: number;
  readonly interval: number;
  readonly execInterval: number;
  readonly timeout: number;
  readonly exec: boolean;
  readonly execImage: string;
  readonly svg?: string;
  readonly record?: string;
  readonly maxGap?: number;
  readonly kubeconfig?: string;
  readonly context?: string;
}

/** Tokens live for a quarter of an hour. */
const renewMs = 300_000;

/** `kaas probe`: what a cluster answers while something happens to it. */
export function probeCommand(program: Command, context: CliContext): void {
  const { terminal } = context;
  program
    .command('probe [cluster]')
    .description('ask a cluster without pause, and tell when it did not answer: reads, writes, watch, exec')
    .option('--for <duration>', 'how long; Ctrl-C ends it earlier', parseDuration, 60_000)
    .option('--interval <duration>', 'between calls of a kind', parseDuration, 50)
    .option('--exec-interval <duration>', 'between new execs; each is a process on a node', parseDuration, 500)
    .option('--timeout <duration>', 'a call that takes longer has failed', parseDuration, 2_000)
    .option('--no-exec', 'without a pod to run commands in')
    .option('--exec-image <image>', 'with sleep and cat', 'docker.io/library/busybox:1.35.0')
    .option('--svg <file>', 'draw it')
    .option('--record <file>', 'write every call down, as JSON')
    .option('--max-gap <duration>', 'exit with 1 when it did not answer for longer, or lost anything', parseDuration)
    .option('--kubeconfig <file>', 'any cluster, instead of one of the service')
    .option('--context <name>', 'of that file')
    .action(async (name: string | undefined, options: ProbeCommandOptions, command: Command) => {
      if ((name === undefined) === (options.kubeconfig === undefined))
        throw usageError('which cluster?', 'Give the name of a cluster, or --kubeconfig FILE.');
      if (options.interval < 1 || options.execInterval < 1)
        throw usageError('an interval of 0 is none', 'Give at least 1ms.');
      // Nothing else of the command line needs a Kubernetes client.
      const probe = await import('@matryoshka/probe');
      const probeOptions: ProbeOptions = {
        ...{ durationMs: options.for, intervalMs: options.interval, execIntervalMs: options.execInterval },
        ...{ execImage: options.exec ? options.execImage : null, timeoutMs: options.timeout, signal: terminal.signal },
        onStart: () => terminal.stderr('asking …\n'),
        onLeft: (namespace) => terminal.stderr(`still there: kubectl delete namespace ${namespace}\n`),
      };
      const recording =
        options.kubeconfig === undefined
          ? await probeOfService(context, command, name ?? '', probeOptions)
          : await probe.runProbe(
              await probe.loadKubeconfig(
                options.kubeconfig,
                options.context === undefined ? {} : { context: options.context },
              ),
              probeOptions,
            );
      if (options.svg !== undefined) await writeFileAtomic(options.svg, probe.timeline(recording));
      if (options.record !== undefined) await writeFileAtomic(options.record, `${JSON.stringify(recording)}\n`);
      const report = probe.analyse(recording);
      const output = outputOptions(command);
      terminal.stdout(isData(output) ? formatData(report, output) : probe.reportText(report));
      const { maxGap } = options;
      if (maxGap === undefined) return;
      const gap = report.longestGap?.ms ?? 0;
      if (gap > maxGap || report.lost.length > 0 || report.watch.missing.length > 0)
        throw new CliError(
          `the cluster did not do what was asked: at most ${maxGap} ms without an answer, nothing lost`,
          {
            code: 'probe_failed',
            exitCode: exitCodes.error,
            next: 'See the report above.',
          },
        );
    });
}

/** A cluster of the service, with tokens of whoever is logged in, renewed while the probe runs. */
async function probeOfService(
  context: CliContext,
  command: Command,
  name: string,
  options: ProbeOptions,
): Promise<Recording> {
  const { parseServer, runProbe } = await import('@matryoshka/probe');
  const { client } = await clientOf(context, command);
  const { cluster } = await findCluster(client, name);
  const { kubeconfig } = await client.call('cluster.kubeconfig', { params: { clusterId: cluster.id } });
  const folder = await mkdtemp(join(tmpdir(), 'kaas-probe-'));
  const done = new AbortController();
  try {
    const tokenFile = join(folder, 'token');
    const renew = async (): Promise<void> => await writeToken(client, cluster.id, tokenFile);
    await renew();
    const renewing = repeatedly(
      // A service that is away for a while must not end the probe: the token is good for two more tries.
      { intervalMs: renewMs, retryMs: 10_000, signal: done.signal, failed: () => undefined },
      renew,
    );
    try {
      return await runProbe({ ...parseServer(kubeconfig), tokenFile }, options);
    } finally {
      done.abort();
      await renewing;
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function writeToken(client: Client, clusterId: string, file: string): Promise<void> {
  const { token } = await client.call('credential.create', { params: { clusterId } });
  // Whole at any moment: it is read for every call, and an empty one would be a call of nobody.
  await writeFileAtomic(file, token, 0o600);
}
