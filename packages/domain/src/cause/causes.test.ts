import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type CauseCode, causeCodes, causes, failureOf } from './causes.ts';
import { consoleError } from './console.ts';
import { addressCause, isDataStoreFull, podCause } from './control-plane.ts';
import { causeOfWords } from './openstack.ts';
import { causePage } from './page.ts';
import { pressureOf, workerTrouble } from './worker.ts';

describe('causes', () => {
  it('are at least twenty-five, each with words that make one sentence', () => {
    expect(causeCodes.length).toBeGreaterThanOrEqual(25);
    for (const code of causeCodes) {
      const { what, next, meaning } = causes[code];
      expect(what, code).toMatch(/^[a-zA-Z].*[^.]$/);
      expect(next, code).toMatch(/[^.]$/);
      expect(meaning, code).toMatch(/\.$/);
      const { message } = failureOf(code, 'what was seen.');
      expect(message, code).toMatch(/^[A-Z].* \(what was seen\); .*[^.]\.$/);
    }
  });

  it('shorten what was seen, and do without it', () => {
    expect(failureOf('NoCapacity', 'x'.repeat(5_000)).message.length).toBeLessThan(700);
    expect(failureOf('NoCapacity', '').message).not.toContain('(');
  });

  it('have a page that is committed as the table makes it now (write it anew with --update)', async () => {
    const committed = new URL('../../../../docs/causes.md', import.meta.url).pathname;
    expect(existsSync(committed)).toBe(true);
    await expect(causePage()).toMatchFileSnapshot(committed);
  });
});

describe('words of OpenStack', () => {
  // As the services of a real cloud and the Go programs that pass them on say it.
  const said: readonly (readonly [CauseCode, string])[] = [
    ['ServerQuotaExceeded', 'Quota exceeded for instances: Requested 1, but already used 10 of 10 instances'],
    ['CoreQuotaExceeded', 'Quota exceeded for cores: Requested 2, but already used 20 of 20 cores'],
    ['MemoryQuotaExceeded', 'Quota exceeded for ram: Requested 4096, but already used 51200 of 51200 ram'],
    [
      'PortQuotaExceeded',
      "Expected HTTP response code [201 202] when accessing [POST http://x/v2.0/ports], but got 409 instead: Quota exceeded for resources: ['port'].",
    ],
    ['NetworkQuotaExceeded', "Quota exceeded for resources: ['network']."],
    ['NetworkQuotaExceeded', "Quota exceeded for resources: ['subnet']."],
    ['NetworkQuotaExceeded', 'neutron: Quota exceeded for resources: [router].'],
    ['SecurityGroupQuotaExceeded', "Quota exceeded for resources: ['security_group']."],
    ['SecurityGroupQuotaExceeded', "Quota exceeded for resources: ['security_group_rule']."],
    ['FloatingIpQuotaExceeded', "Quota exceeded for resources: ['floatingip']."],
    ['LoadBalancerQuotaExceeded', 'Quota has been met for resources: Load Balancer'],
    ['LoadBalancerQuotaExceeded', 'Quota has been met for resources: Member'],
    [
      'VolumeQuotaExceeded',
      "VolumeLimitExceeded: Maximum number of volumes allowed (10) exceeded for quota 'volumes'.",
    ],
    [
      'VolumeQuotaExceeded',
      'Requested volume or snapshot exceeds allowed gigabytes quota. Requested 10G, quota is 1000G and 995G has been consumed.',
    ],
    ['QuotaExceeded', 'OverLimit: something else'],
    ['AddressesExhausted', 'No more IP addresses available on network 1f3e.'],
    ['NoCapacity', 'No valid host was found. There are not enough hosts available.'],
    ['ImageMissing', 'Image 8f2a5c36-4f5c-4a52-9a9b-0d5f8c2d1e00 could not be found.'],
    ['ImageMissing', 'no images were found with the given image filter: matryoshka-worker-v1.36.3'],
    ['FlavorMissing', 'Flavor m1.huge could not be found.'],
    ['FlavorMissing', 'unable to find flavor m1.huge'],
    ['CredentialRevoked', 'Authentication failed'],
    ['CredentialRevoked', 'Could not find Application Credential: 5e1c.'],
    ['CredentialRevoked', 'The request you have made requires authentication.'],
    ['CloudNotAnswering', 'Expected HTTP response code [200] when accessing [GET http://x], but got 503 instead'],
    ['CloudNotAnswering', 'dial tcp 192.0.2.1:9696: connect: connection refused'],
  ];
  it.each(said)('are %s: %s', (code, words) => {
    expect(causeOfWords(words, 'ServerFailed').reason).toBe(code);
    expect(causeOfWords(words, 'ServerFailed').message).toContain(words.slice(0, 20));
  });

  it.each([
    'Build of instance 1f3e aborted: Volume did not finish being created',
    'Exceeded maximum number of retries. Exhausted all hosts available for retrying build failures',
    'Port 5021 is still in use.',
    'Network 5010 is not reachable from this router',
    'Virtual Interface creation failed',
    'Image 5003 has 500 properties',
    '',
  ])('that say none of it are blamed on nobody: %s', (words) => {
    expect(causeOfWords(words, 'ServerFailed').reason).toBe('ServerFailed');
  });
});

describe('a worker', () => {
  const now = new Date('2026-11-27T12:00:00Z');
  const ago = (seconds: number): Date => new Date(now.getTime() - seconds * 1000);
  const machine = {
    ...{ name: 'w-1', pool: 'w', phase: 'Provisioned', ready: false, deleting: false, createdAt: ago(600) },
    ...{ server: 'ACTIVE', consoleError: null, drain: null },
    ...{
      flavor: 'm1.small',
      joined: false,
      serverId: null,
      address: null,
      kubernetesVersion: null,
      joinedWith: null,
      goesFirst: false,
      readySince: ago(600),
    },
  };
  const node = (status: 'True' | 'False' | 'Unknown', message: string, seconds = 600) => ({
    ...{ name: 'w-1', machine: 'w-1', pressures: [] },
    ready: { status, message, since: ago(seconds) },
  });
  const trouble = (
    more: object,
    nodes: readonly ReturnType<typeof node>[] | null = [],
    requests: readonly { name: string; node: string; since: Date }[] = [],
  ) => workerTrouble({ ...machine, ...more }, { nodes: nodes ?? undefined, requests }, now)?.reason;
  const budget =
    "Pod shop/web-0: cannot evict pod as it would violate the pod's disruption budget. The disruption budget web needs 1 healthy pods";
  const network =
    'container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:cni plugin not initialized';

  it.each([
    ['ServerStopped', trouble({ server: 'SHUTOFF' }, [node('Unknown', 'Kubelet stopped posting node status.')])],
    ['CloudInitFailed', trouble({ consoleError: 'error execution phase preflight' })],
    ['NodeNotRegistered', trouble({})],
    ['CertificateRequestPending', trouble({}, [], [{ name: 'csr-1', node: 'w-1', since: ago(400) }])],
    ['NodeSilent', trouble({}, [node('Unknown', 'Kubelet stopped posting node status.', 1)])],
    ['NetworkPluginNotReady', trouble({}, [node('False', network)])],
    ['NodeNotReady', trouble({}, [node('False', 'PLEG is not healthy')])],
    ['ServerDeleted', trouble({ joined: true, server: 'DELETED' }, [node('Unknown', 'Kubelet stopped posting.')])],
    ['NodeGone', trouble({ joined: true })],
    ['DrainBlocked', trouble({ deleting: true, drain: budget })],
  ] as const)('that does not become ready says %s', (code, found) => expect(found).toBe(code));

  it.each([
    ['is ready', trouble({ ready: true }, [node('True', 'kubelet is posting ready status')])],
    ['just started', trouble({ createdAt: ago(60) })],
    ['whose server is being built', trouble({ server: 'BUILD' })],
    ['is seen by nobody, because the cluster could not be looked at', trouble({}, null)],
    ['has just joined', trouble({}, [node('False', network, 30)])],
    [
      'is being emptied',
      trouble({
        deleting: true,
        drain: 'Drain not completed yet: * Pod a: deletionTimestamp set, but still not removed',
      }),
    ],
    [
      'waits for its certificate a moment',
      trouble({ createdAt: ago(100) }, [], [{ name: 'csr-1', node: 'w-1', since: ago(20) }]),
    ],
    [
      'is not the one whose certificate waits',
      trouble({ createdAt: ago(100) }, [], [{ name: 'csr-1', node: 'w-2', since: ago(900) }]),
    ],
  ])('that %s is blamed for nothing', (_, found) => expect(found).toBeUndefined());

  it('that is short of something is named although it works', () => {
    expect(pressureOf([node('True', '')])).toBeUndefined();
    const short = {
      ...node('True', ''),
      pressures: ['DiskPressure', 'PIDPressure'].map((type) => ({ type, since: now })),
    };
    expect(pressureOf([node('True', ''), short])).toMatchObject({
      reason: 'NodeUnderPressure',
      message: expect.stringContaining('DiskPressure, PIDPressure'),
    });
  });

  it.each([
    [
      "[   35.2] cloud-init[512]: error execution phase preflight: couldn't validate the identity of the API Server",
      true,
    ],
    ['2026-11-27 12:00:00,000 - util.py[WARNING]: Failed running /var/lib/cloud/instance/scripts/runcmd [1]', true],
    ['[FAILED] Failed to start cloud-final.service - Execute cloud user/final scripts.', true],
    ['\t[ERROR FileAvailable--etc-kubernetes-kubelet.conf]: /etc/kubernetes/kubelet.conf already exists', true],
    ['[  OK  ] Finished cloud-final.service', false],
    ['Cloud-init v. 24.4 finished at Fri, 27 Nov 2026', false],
    ['systemd[1]: Failed to start apt-daily.service', false],
  ])('its console %j tells of a failure: %s', (line, tells) => {
    expect(consoleError(`before\n${line}\nafter`) !== null).toBe(tells);
  });
});

describe('a control plane', () => {
  const now = new Date('2026-11-27T12:00:00Z');
  const ago = (seconds: number): Date => new Date(now.getTime() - seconds * 1000);
  const pod = {
    name: 'p',
    told: true,
    alone: false,
    trouble: null as string | null,
    unscheduled: false,
    log: null as string | null,
  };
  const full = 'ERROR: could not extend file "base/16385/2619": No space left on device (SQLSTATE 53100)';

  it.each([
    ['ControlPlaneUnschedulable', { trouble: '0/2 nodes are available: 2 Insufficient memory.', unscheduled: true }],
    ['ControlPlaneImageMissing', { trouble: 'container kine: ImagePullBackOff, Back-off pulling image' }],
    ['ControlPlaneCrashing', { trouble: 'container kube-apiserver: CrashLoopBackOff, ended with 1, Error' }],
    ['DataStoreFull', { trouble: 'container kube-apiserver: CrashLoopBackOff', log: `fine\n${full}\nagain` }],
  ] as const)('whose pod does not run says %s', (code, more) =>
    expect(podCause({ ...pod, ...more })?.reason).toBe(code),
  );

  it.each([
    { trouble: null },
    { trouble: null, log: full },
    { trouble: 'container kube-apiserver: ContainerCreating' },
    { trouble: 'containers with unready status: [kube-apiserver]', log: 'starting' },
  ])('that just starts is blamed for nothing: %j', (more) => expect(podCause({ ...pod, ...more })).toBeUndefined());

  it('waits for an address for a while, unless words say that it is of no use', () => {
    const quota =
      'Error syncing load balancer: failed to ensure load balancer: Quota has been met for resources: Load Balancer';
    expect(addressCause(null, now)).toBeUndefined();
    expect(addressCause({ since: ago(60), event: null }, now)).toBeUndefined();
    expect(addressCause({ since: ago(60), event: 'Error syncing load balancer: not found' }, now)).toBeUndefined();
    expect(addressCause({ since: ago(60), event: quota }, now)?.reason).toBe('LoadBalancerQuotaExceeded');
    expect(addressCause({ since: ago(150), event: null }, now)?.reason).toBe('ControlPlaneAddressPending');
    expect(addressCause({ since: ago(150), event: 'something' }, now)).toMatchObject({
      reason: 'ControlPlaneAddressPending',
      message: expect.stringContaining('something'),
    });
  });

  it('knows a full database from other trouble with one', () => {
    expect(isDataStoreFull(full)).toBe(true);
    expect(isDataStoreFull('FATAL: remaining connection slots are reserved (SQLSTATE 53300)')).toBe(false);
  });
});
