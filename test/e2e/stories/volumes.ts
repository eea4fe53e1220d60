import type { Volume } from '@matryoshka/openstack';
import { run } from '@matryoshka/system';
import { describe, expect, it } from 'vitest';
import { membersOf } from '../support/balancers.ts';
import { cloudIn, clusterKey } from '../support/cloud.ts';
import { apply } from '../support/kubernetes.ts';
import { kaas, kaasJson, kaasOk, kubectl, placement } from '../support/platform.ts';
import { eventually } from '../support/waiting.ts';

const image = 'docker.io/library/busybox:1.35.0';

const claim = (name: string, more = ''): string => `apiVersion: v1
kind: PersistentVolumeClaim
metadata: { name: ${name} }
spec:
  accessModes: [ReadWriteOnce]
  resources: { requests: { storage: 1Gi } }
${more}`;

/** Where a machine denies CAP_SYS_RESOURCE (as test machines may) ext4 does not grow while it is mounted; XFS asks for less. */
const xfs = `apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: { name: xfs }
provisioner: cinder.csi.openstack.org
parameters: { csi.storage.k8s.io/fstype: xfs }
allowVolumeExpansion: true
volumeBindingMode: WaitForFirstConsumer
`;

/** A pod that keeps a disk mounted and runs until it is deleted. */
const pod = (name: string, claimName: string): string => `apiVersion: v1
kind: Pod
metadata: { name: ${name} }
spec:
  terminationGracePeriodSeconds: 1
  # The image's user is not root.
  securityContext: { fsGroup: 65532 }
  containers:
    - { name: shell, image: ${image}, command: [sleep, inf], volumeMounts: [{ name: disk, mountPath: /disk }] }
  volumes: [{ name: disk, persistentVolumeClaim: { claimName: ${claimName} } }]
`;

const notes = `apiVersion: apps/v1
kind: StatefulSet
metadata: { name: notes }
spec:
  serviceName: notes
  selector: { matchLabels: { app: notes } }
  template:
    metadata: { labels: { app: notes } }
    spec:
      terminationGracePeriodSeconds: 1
      securityContext: { fsGroup: 65532 }
      tolerations:
        - { key: node.kubernetes.io/unreachable, operator: Exists, effect: NoExecute, tolerationSeconds: 5 }
      containers:
        - { name: shell, image: ${image}, command: [sleep, inf], volumeMounts: [{ name: disk, mountPath: /disk }] }
  volumeClaimTemplates:
    - metadata: { name: disk }
      spec: { accessModes: [ReadWriteOnce], resources: { requests: { storage: 1Gi } } }
`;

const read = async (what: string, path: string, context = 'demo'): Promise<string> =>
  await kubectl(context, ['get', what, '-o', `jsonpath={${path}}`]);
const inPod = async (name: string, ...argv: readonly string[]): Promise<string> =>
  await kubectl('demo', ['exec', name, '--', ...argv]);
const running = async (name: string, context = 'demo'): Promise<void> =>
  void (await kubectl(context, ['wait', `pod/${name}`, '--for=condition=Ready', '--timeout=180s']));
const clusterId = async (name: string): Promise<string> =>
  (await kaasJson<{ readonly id: string }>(['cluster', 'get', name])).id;
/** What the project has in block storage. */
const volumes = async (): Promise<readonly Volume[]> => {
  const { cloud, projectId } = await cloudIn('demo');
  return await cloud.cinder.volumes.list({ all_tenants: true, project_id: projectId });
};

/** Volumes in the cluster `demo` that quickstart made. */
export function volumeStories(): void {
  describe('volumes', () => {
    it('are made for claims, grow while they are mounted, and go with their claim', async () => {
      await apply('demo', `${xfs}---\n${claim('data', '  storageClassName: xfs\n')}---\n${pod('writer', 'data')}`);
      await running('writer');
      await inPod('writer', 'sh', '-c', 'echo first >/disk/file; sync');
      const [volume, ...others] = await volumes();
      expect(others).toEqual([]);
      expect(volume).toMatchObject({ size: 1, status: 'in-use', metadata: { [clusterKey]: await clusterId('demo') } });
      const size = async (): Promise<number> =>
        Number((await inPod('writer', 'sh', '-c', 'df -m /disk | tail -1')).split(/\s+/)[1]);
      expect(await size()).toBeLessThan(1024);
      await kubectl('demo', ['patch', 'pvc/data', '-p', '{"spec":{"resources":{"requests":{"storage":"2Gi"}}}}']);
      await eventually('the file system has grown', async () => ((await size()) > 1500 ? true : undefined), 120_000);
      expect(await inPod('writer', 'cat', '/disk/file')).toBe('first\n');
    });

    it('are copied by snapshots and made anew of them', async () => {
      const snapshot = { apiVersion: 'snapshot.storage.k8s.io/v1', kind: 'VolumeSnapshot', metadata: { name: 'copy' } };
      await apply('demo', { ...snapshot, spec: { source: { persistentVolumeClaimName: 'data' } } });
      await kubectl('demo', [
        'wait',
        'volumesnapshot/copy',
        '--for=jsonpath={.status.readyToUse}=true',
        '--timeout=120s',
      ]);
      await inPod('writer', 'sh', '-c', 'echo later >/disk/file; sync');
      const source =
        '  storageClassName: xfs\n  dataSource: { apiGroup: snapshot.storage.k8s.io, kind: VolumeSnapshot, name: copy }\n';
      await apply('demo', `${claim('restored', source).replace('1Gi', '2Gi')}---\n${pod('reader', 'restored')}`);
      await running('reader');
      expect(await inPod('reader', 'cat', '/disk/file')).toBe('first\n');
      await kubectl('demo', ['delete', 'pod/reader', 'pod/writer', 'pvc/restored', 'volumesnapshot/copy', 'pvc/data']);
      await eventually(
        'the volumes are gone',
        async () => ((await volumes()).length === 0 ? true : undefined),
        120_000,
      );
    });

    it('follow a StatefulSet to another node when its node is lost', async () => {
      await apply('demo', notes);
      await kubectl('demo', ['rollout', 'status', 'statefulset/notes', '--timeout=180s']);
      await inPod('notes-0', 'sh', '-c', 'echo kept >/disk/file; sync');
      const node = await read('pod/notes-0', '.spec.nodeName');
      const { cloud, projectId } = await cloudIn('demo');
      const servers = await cloud.nova.servers.list({ all_tenants: true, project_id: projectId });
      const lost = servers.find(({ name }) => name === node);
      expect(lost).toBeDefined();
      await cloud.nova.servers.delete(lost?.id ?? '');
      const moved = async (): Promise<true | undefined> => {
        const [phase, where] = (await read('pod/notes-0', '.status.phase} {.spec.nodeName')).split(' ');
        return phase === 'Running' && where !== node ? true : undefined;
      };
      // Kubernetes alone would keep the volume for six minutes.
      await eventually('the pod runs elsewhere', moved, 300_000);
      expect(await inPod('notes-0', 'cat', '/disk/file')).toBe('kept\n');
      // Removed by the scale, kept by the claim: then nothing of it is left.
      await kubectl('demo', ['delete', 'statefulset/notes', 'pvc/disk-notes-0']);
      await eventually('the volume is gone', async () => ((await volumes()).length === 0 ? true : undefined), 120_000);
      const { status } = await eventually('two workers are ready again', async () => {
        const found = await kaasJson<{ readonly status: { readonly phase: string } }>(['cluster', 'get', 'demo']);
        return found.status.phase === 'ready' ? found : undefined;
      });
      expect(status.phase).toBe('ready');
      // Traffic follows: the lost node's address is gone from the load balancer, the new one's is there.
      await eventually('the load balancer has both nodes', async () => {
        const addresses = (await read('nodes', '.items[*].status.addresses[?(@.type=="InternalIP")].address')).split(
          ' ',
        );
        const members = (await membersOf('hello')).map(({ address }) => address);
        return members.length === 2 && members.toSorted().join() === addresses.toSorted().join() ? true : undefined;
      });
    });

    it('of a deleted cluster go or stay as asked, and nothing of anybody else is touched', async () => {
      await kaasOk(['cluster', 'create', 'disks', '--pool', 'w:m1.small:1', '--wait']);
      await kaasOk(['cluster', 'kubeconfig', 'disks']);
      await apply('disks', `${claim('data')}---\n${pod('writer', 'data')}`);
      await running('writer', 'disks');
      const [made, ...none] = await volumes();
      expect(none).toEqual([]);
      expect(made?.metadata[clusterKey]).toBe(await clusterId('disks'));
      // Of the same name in the same project: one made by hand, one of another cluster.
      const openrc = await kaasOk(['cloud', 'openrc', '--project', 'demo', ...placement]);
      const openstack = async (line: string): Promise<void> =>
        void (await run(['sh', '-e'], { input: `${openrc}\nopenstack ${line}`, timeoutMs: 120_000 }));
      await openstack(`volume create --size 1 ${made?.name}`);
      await openstack(`volume create --size 1 --property ${clusterKey}=c-0000000000 ${made?.name}`);
      const canaries = (await volumes()).filter(({ id }) => id !== made?.id).map(({ id }) => id);
      expect(canaries).toHaveLength(2);
      expect((await kaas(['cluster', 'delete', 'disks', '--volumes', 'all'])).code).toBe(2);
      await kaasOk(['cluster', 'delete', 'disks', '--volumes', 'delete', '--wait']);
      const left = await volumes();
      expect(left.map(({ id }) => id)).toEqual(canaries);
      expect(left.map(({ status }) => status)).toEqual(['available', 'available']);
      for (const id of canaries) await openstack(`volume delete ${id}`);
    });
  });
}
