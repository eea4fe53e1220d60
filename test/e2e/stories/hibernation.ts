import { describe, expect, it } from 'vitest';
import { inventory } from '../support/cloud.ts';
import { apply } from '../support/kubernetes.ts';
import { kaas, kaasJson, kaasOk, kubectl, managementKubectl } from '../support/platform.ts';

interface Shown {
  readonly id: string;
  readonly status: { readonly phase: string; readonly endpoint: string };
}

const shown = async (name: string): Promise<Shown> => await kaasJson<Shown>(['cluster', 'get', name]);

/** Writes once, and runs until it is told to stop. */
const writer = `apiVersion: v1
kind: PersistentVolumeClaim
metadata: { name: diary }
spec: { accessModes: [ReadWriteOnce], resources: { requests: { storage: 1Gi } } }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: diary }
spec:
  strategy: { type: Recreate }
  selector: { matchLabels: { app: diary } }
  template:
    metadata: { labels: { app: diary } }
    spec:
      terminationGracePeriodSeconds: 1
      securityContext: { fsGroup: 65532 }
      containers:
        - name: shell
          image: docker.io/library/busybox:1.35.0
          command: [sh, -c, 'test -e /disk/first || date +%s%N >/disk/first; exec sleep inf']
          volumeMounts: [{ name: disk, mountPath: /disk }]
      volumes: [{ name: disk, persistentVolumeClaim: { claimName: diary } }]
`;

/** A cluster that exists goes to sleep and wakes. */
export function hibernationStories(name: string): void {
  describe('hibernation', () => {
    it('leaves nothing that runs, and brings all back', { timeout: 900_000 }, async () => {
      await apply(name, writer);
      const ready = ['rollout', 'status', 'deployment/diary', '--timeout=300s'];
      await kubectl(name, ready);
      const written = await kubectl(name, ['exec', 'deployment/diary', '--', 'cat', '/disk/first']);
      const before = await shown(name);
      const pods = async (): Promise<string> =>
        await managementKubectl([
          'get',
          'pods',
          '-n',
          before.id,
          '-o',
          'name',
          '--field-selector=status.phase=Running',
        ]);
      const servers = async (): Promise<readonly string[]> =>
        ((await inventory('demo')).servers ?? []).filter((server) => server.startsWith(before.id));
      expect(await pods()).not.toBe('');
      expect(await servers()).not.toEqual([]);

      await kaasOk(['cluster', 'hibernate', name, '--wait']);
      expect((await shown(name)).status).toMatchObject({ phase: 'hibernated', endpoint: before.status.endpoint });
      expect(await servers()).toEqual([]);
      await managementKubectl(['wait', 'pods', '-n', before.id, '--all', '--for=delete', '--timeout=120s']);
      expect(await pods()).toBe('');
      expect((await kaas(['get-token', '--cluster', before.id])).stderr).toContain(`kaas cluster wake ${name}`);

      await kaasOk(['cluster', 'wake', name, '--wait']);
      expect((await shown(name)).status).toMatchObject({ phase: 'ready', endpoint: before.status.endpoint });
      await kubectl(name, ready);
      expect(await kubectl(name, ['exec', 'deployment/diary', '--', 'cat', '/disk/first'])).toBe(written);
    });
  });
}
