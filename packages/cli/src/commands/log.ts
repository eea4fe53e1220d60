import type { Client } from '@matryoshka/client';
import type { Log } from '@matryoshka/contract';
import { logComponents } from '@matryoshka/contract/routes';
import { sleep } from '@matryoshka/system';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { type CliContext, clientOf, findCluster, outputOptions } from '../context.ts';
import { usageError } from '../errors.ts';
import { momentOf } from '../moment.ts';
import { formatData, isData } from '../output/format.ts';

interface LogFlags {
  readonly component: (typeof logComponents)[number];
  readonly tail?: number;
  readonly since?: string;
  readonly until?: string;
  readonly follow?: true;
  readonly timestamps?: true;
}

type Line = Log['lines'][number];
const lookEveryMs = 2_000;

function parseTail(text: string): number {
  const lines = Number(text);
  if (!/^\d{1,4}$/.test(text) || lines < 1 || lines > 5_000) throw new InvalidArgumentError('a number from 1 to 5000');
  return lines;
}

/** `cluster logs`. */
export function logCommand(cluster: Command, context: CliContext): void {
  const { terminal, now } = context;
  cluster
    .command('logs <cluster>')
    .description('what the control plane says, or with --component audit who did what')
    .addOption(new Option('--component <component>').choices([...logComponents]).default('kube-apiserver'))
    .addOption(new Option('--tail <lines>', 'at most so many, the last ones; default: 200').argParser(parseTail))
    .option('--since <time>', 'a time, or how long ago: 10m')
    .option('--until <time>', 'a time, or how long ago')
    .option('-f, --follow', 'go on with what is said from now on')
    .option('--timestamps', 'with the time and the replica of each line')
    .action(async (name: string, flags: LogFlags, command: Command) => {
      const { client } = await clientOf(context, command);
      const { id: clusterId } = (await findCluster(client, name)).cluster;
      const { component, tail, since, until, follow, timestamps } = flags;
      const query = {
        component,
        ...(tail === undefined ? {} : { tail }),
        ...(since === undefined ? {} : { since: momentOf(since, now()) }),
        ...(until === undefined ? {} : { until: momentOf(until, now()) }),
      };
      const output = outputOptions(command);
      if (follow && (until !== undefined || isData(output)))
        throw usageError('--follow has no end, and shows lines only', 'Leave --until and -o out.');
      const log = await client.call('log.get', { params: { clusterId }, query });
      if (isData(output)) {
        terminal.stdout(formatData(log, output));
        return;
      }
      const print = (lines: readonly Line[]): void =>
        terminal.stdout(lines.map((line) => `${timestamps ? `${line.at} ${line.pod} ` : ''}${line.text}\n`).join(''));
      print(log.lines);
      if (follow) await goOn(context, client, { clusterId, component }, log.lines, print);
    });
}

/** Asks again and again for what came after the last line, until Ctrl-C. */
async function goOn(
  { terminal, now }: CliContext,
  client: Client,
  { clusterId, component }: { readonly clusterId: string; readonly component: LogFlags['component'] },
  seen: readonly Line[],
  print: (lines: readonly Line[]) => void,
): Promise<void> {
  const keyOf = ({ at, pod, text }: Line): string => `${at} ${pod} ${text}`;
  let last = seen.at(-1)?.at ?? now().toISOString();
  let known = new Set(seen.map(keyOf));
  while (!terminal.signal.aborted) {
    await sleep(lookEveryMs, terminal.signal).catch(() => undefined);
    if (terminal.signal.aborted) return;
    // A second back: replicas' clocks differ, and what was printed is known.
    const since = new Date(Date.parse(last) - 1_000).toISOString();
    const { lines } = await client.call('log.get', { params: { clusterId }, query: { component, since, tail: 5_000 } });
    print(lines.filter((line) => !known.has(keyOf(line))));
    known = new Set(lines.map(keyOf));
    last = lines.at(-1)?.at ?? last;
  }
}
