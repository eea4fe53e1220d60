import type { Certificate } from '@matryoshka/contract';
import type { Command } from 'commander';
import { type CliContext, clientOf, findCluster, outputOptions } from '../context.ts';
import { formatData, formatList, isData, type View } from '../output/format.ts';
import { finish, newIdempotencyKey, type WaitOptions, withWait } from './operation.ts';

/** `certificate …`: what a control plane proves itself by, and how that is replaced. */
export function certificateCommands(program: Command, context: CliContext): void {
  const { terminal, now } = context;
  const group = program.command('certificate').description('certificates and authority of a cluster');

  group
    .command('list <cluster>')
    .description('when certificates end and are renewed, and how far a rotation is')
    .action(async (name: string, _: unknown, command: Command) => {
      const { client } = await clientOf(context, command);
      const { cluster } = await findCluster(client, name);
      const found = await client.call('certificate.get', { params: { clusterId: cluster.id } });
      const output = outputOptions(command);
      terminal.stdout(
        isData(output) ? formatData(found, output) : formatList(found.items, certificateView(now()), output),
      );
      if (found.rotation !== null) terminal.stderr(`${rotationText(cluster.name, found.rotation)}\n`);
    });

  const changes = [
    [
      'renew',
      'certificate.renew',
      'make all certificates anew now; they are renewed by themselves long before they end',
    ],
    [
      'rotate',
      'certificate.rotate',
      'begin to replace the authority and the key of ServiceAccounts: both are trusted until you complete it; workers are replaced',
    ],
    [
      'complete',
      'certificate.complete',
      'trust the old authority no more: kubeconfigs and tokens from before are void',
    ],
  ] as const;
  for (const [verb, operationId, description] of changes)
    withWait(group.command(`${verb} <cluster>`))
      .description(description)
      .action(async (name: string, options: WaitOptions, command: Command) => {
        const { client } = await clientOf(context, command);
        const { cluster } = await findCluster(client, name);
        const params = { clusterId: cluster.id };
        const operation = await client.call(operationId, { params, idempotencyKey: newIdempotencyKey() });
        const ended = await finish(context, command, client, operation, options);
        if (verb === 'rotate' && ended.state === 'succeeded')
          terminal.stderr(`${rotationText(cluster.name, { phase: 'prepared' })}\n`);
      });
}

const days = (at: string, now: Date): string => `${Math.floor((Date.parse(at) - now.getTime()) / 86_400_000)}d`;

const certificateView = (now: Date): View<Certificate> => ({
  name: ({ name }) => name,
  columns: [
    { head: 'NAME', cell: ({ name }) => name },
    { head: 'AUTHORITY', cell: ({ authority }) => (authority ? 'yes' : 'no') },
    { head: 'ENDS IN', cell: ({ notAfter }) => days(notAfter, now) },
    { head: 'RENEWED IN', cell: ({ renewsAt }) => (renewsAt === null ? 'on request' : days(renewsAt, now)) },
    { head: 'ENDS', cell: ({ notAfter }) => notAfter, wide: true },
  ],
});

function rotationText(name: string, { phase }: { readonly phase: string }): string {
  if (phase !== 'prepared') return `The authority is being rotated (${phase}).`;
  return [
    'Both authorities are trusted now. Before the old one goes:',
    `  fetch kubeconfigs again (kaas cluster kubeconfig ${name}), for people and for programs;`,
    '  make Secrets of type kubernetes.io/service-account-token, and certificates that the cluster signed, anew.',
    `Then: kaas certificate complete ${name}`,
  ].join('\n');
}
