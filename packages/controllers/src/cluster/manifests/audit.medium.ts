import { answerOf } from '@matryoshka/domain';
import { createKubeClient, type KubeClient, type KubeObject } from '@matryoshka/kube';
import { waitFor } from '@matryoshka/system';
import { startTestApiServer, type TestApiServer } from '@matryoshka/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { clusterFixture, settingsFixture } from '../../testing/fixtures.ts';
import { at } from '../read.ts';
import { auditConfigMap } from './audit.ts';

let server: TestApiServer;
let client: KubeClient;

beforeAll(async () => {
  const map = auditConfigMap({ cluster: clusterFixture(), settings: settingsFixture });
  server = await startTestApiServer({ auditPolicy: String(at(map, 'data', 'policy.yaml')) });
  client = createKubeClient(server.connection);
});
afterAll(async () => {
  await client?.close();
  await server?.stop();
});

interface Event {
  readonly verb: string;
  readonly level: string;
  readonly user: { readonly username: string };
  readonly objectRef?: { readonly resource: string; readonly name?: string };
}

/** As a question for audit events finds them in what the API server prints. */
async function events(): Promise<readonly Event[]> {
  const said = (await server.log())
    .split('\n')
    .map((text, index) => ({ at: String(index).padStart(9, '0'), pod: 'p', text }));
  const question = { component: 'audit', tail: 100_000, since: null, until: null } as const;
  return answerOf(question, said).lines.map(({ text }) => JSON.parse(text) as Event);
}
const essence = ({ verb, objectRef }: Event): string =>
  `${verb} ${objectRef?.resource} ${objectRef?.name ?? ''}`.trim();

it('tells who changed what and who read secrets, not what was in them, and little else', async () => {
  const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's', namespace: 'default' } };
  await client.create({ ...secret, stringData: { word: 'geheim-canary' } } as KubeObject);
  await client.get({ apiVersion: 'v1', kind: 'Secret', name: 's', namespace: 'default' });
  await client.list({ apiVersion: 'v1', kind: 'Secret', namespace: 'default' });
  await client.list({ apiVersion: 'v1', kind: 'Pod' });
  await client.apply(
    { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name: 'l', namespace: 'default' } },
    { fieldManager: 'x', force: true },
  );
  await client.delete({ apiVersion: 'v1', kind: 'Secret', name: 's', namespace: 'default' });
  const mine = async () => (await events()).filter(({ user }) => user.username === 'admin');
  expect(
    await waitFor(async () => (await mine()).some(({ verb }) => verb === 'delete'), {
      timeoutMs: 10_000,
      intervalMs: 100,
    }),
  ).toBe(true);
  const told = (await mine()).map(essence);
  expect(told).toEqual(['create secrets s', 'get secrets s', 'list secrets', 'delete secrets s']);
  expect((await mine()).map(({ level }) => level)).toEqual(Array(4).fill('Metadata'));
  expect(await server.log()).not.toContain('geheim-canary');
});
