import { createHash } from 'node:crypto';
import { controlPlanePodsManifests } from '@matryoshka/addons';
import { injectCertificates, type ManifestObject, renderManifests } from '@matryoshka/components';
import type { KubeClient, KubeObject } from '@matryoshka/kube';
import { sleep, TypedError } from '@matryoshka/system';
import type { PlatformContext, PlatformStep } from '../context.ts';
import { platformAuthority } from '../postgres/cluster.ts';
import { ensureLeaf } from '../secrets/certificates.ts';
import { managementClient, withManagement } from './access.ts';
import { applyAll, podTroubles, unavailableDeployments } from './apply.ts';
import { dataStoreManifests } from './data-store.ts';

const timeoutMs = 5 * 60_000;
const record = { apiVersion: 'v1', kind: 'ConfigMap', name: 'matryoshka-installed', namespace: 'kube-system' } as const;

/** Cluster API with its providers, Kamaji and its DataStore. What was applied is noted in the cluster, so that a warm run only looks. */
export function controllersStep(after: readonly string[]): PlatformStep {
  return {
    id: 'controllers',
    title: 'Cluster API and Kamaji',
    after,
    check: async (context, { signal }) => {
      const client = await managementClient(context.paths);
      if (client === undefined) return false;
      try {
        const objects = await desiredObjects(context);
        const noted = await client.find<KubeObject & { readonly data?: { readonly hash?: string } }>(record, {
          signal,
        });
        if (noted?.data?.hash !== hashOf(objects)) return false;
        return (await unavailableDeployments(client, namespacesOf(objects), signal)).length === 0;
      } finally {
        await client.close();
      }
    },
    apply: async (context, run) => {
      run.report('rendering manifests');
      const objects = await desiredObjects(context);
      await withManagement(context.paths, async (client) => {
        await applyAll(client, objects, run);
        await waitAvailable(client, namespacesOf(objects), run.signal, run.report);
        await applyAll(client, [noteOf(hashOf(objects))], run);
      });
    },
  };
}

const noteOf = (hash: string): ManifestObject => ({
  apiVersion: record.apiVersion,
  kind: record.kind,
  metadata: { name: record.name, namespace: record.namespace },
  data: { hash },
});

function hashOf(objects: readonly ManifestObject[]): string {
  return createHash('sha256').update(JSON.stringify(objects)).digest('hex');
}

const namespacesOf = (objects: readonly ManifestObject[]): readonly string[] => [
  ...new Set(
    objects.filter(({ kind }) => kind === 'Deployment').map(({ metadata }) => metadata.namespace ?? 'default'),
  ),
];

async function desiredObjects(context: PlatformContext): Promise<readonly ManifestObject[]> {
  const authority = await platformAuthority(context.paths);
  const rendered = await injectCertificates(await renderManifests(), async (dnsNames) => {
    const [service = 'webhook'] = dnsNames;
    const leaf = await ensureLeaf(context.paths.pki, `webhook-${service}`, authority, {
      commonName: service,
      dnsNames,
      usages: ['server'],
    });
    return { caPem: authority.certificate, certPem: leaf.certificate, keyPem: leaf.key };
  });
  return [...controlPlanePodsManifests(), ...rendered, ...dataStoreManifests(context, authority.certificate)];
}

async function waitAvailable(
  client: KubeClient,
  namespaces: readonly string[],
  signal: AbortSignal,
  report: (detail: string) => void,
): Promise<void> {
  const end = performance.now() + timeoutMs;
  for (;;) {
    const waiting = await unavailableDeployments(client, namespaces, signal);
    if (waiting.length === 0) return;
    report(`waiting for ${waiting.join(', ')}`);
    if (performance.now() > end) {
      const troubles = await podTroubles(client, namespaces, signal);
      throw new TypedError(
        `Not available after ${timeoutMs / 60_000} minutes: ${waiting.join(', ')}${troubles.map((text) => `\n${text}`).join('')}`,
        { code: 'controllers_not_ready', next: 'Run the same command again; if it stays so, run: kaas doctor' },
      );
    }
    await sleep(500, signal);
  }
}
