import { describe, expect, test } from 'vitest';
import type { KubeObject } from './object.ts';
import { podTrouble } from './pod.ts';

function pod(status: object): KubeObject {
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'hello', namespace: 'default' }, status } as KubeObject;
}

const notReady = { type: 'Ready', status: 'False', message: 'containers with unready status: [hello]' };

describe('podTrouble', () => {
  test('is silent about a ready pod, even one that was restarted', () => {
    const restarted = { name: 'hello', ready: true, lastState: { terminated: { exitCode: 1 } } };
    expect(
      podTrouble(pod({ conditions: [{ type: 'Ready', status: 'True' }], containerStatuses: [restarted] })),
    ).toBeUndefined();
    expect(podTrouble(pod({ phase: 'Succeeded', conditions: [notReady] }))).toBeUndefined();
  });

  test('names why no node takes it', () => {
    const message = '0/2 nodes are available: 2 Insufficient cpu.';
    expect(podTrouble(pod({ conditions: [{ type: 'PodScheduled', status: 'False', message }] }))).toBe(message);
  });

  test('names the image that cannot be pulled', () => {
    const waiting = { reason: 'ImagePullBackOff', message: 'Back-off pulling image "nowhere.invalid/a:1"' };
    expect(
      podTrouble(pod({ conditions: [notReady], containerStatuses: [{ name: 'hello', state: { waiting } }] })),
    ).toBe('container hello: ImagePullBackOff, Back-off pulling image "nowhere.invalid/a:1"');
  });

  test('names how a crashing container ended', () => {
    const crashing = {
      name: 'hello',
      state: { waiting: { reason: 'CrashLoopBackOff' } },
      lastState: { terminated: { exitCode: 137, reason: 'OOMKilled' } },
    };
    expect(podTrouble(pod({ conditions: [notReady], containerStatuses: [crashing] }))).toBe(
      'container hello: CrashLoopBackOff, ended with 137, OOMKilled',
    );
  });

  test('blames the init container rather than those that wait for it', () => {
    const status = {
      conditions: [notReady],
      initContainerStatuses: [
        { name: 'done', state: { terminated: { exitCode: 0 } } },
        { name: 'setup', state: { waiting: { reason: 'ErrImagePull' } } },
      ],
      containerStatuses: [{ name: 'hello', state: { waiting: { reason: 'PodInitializing' } } }],
    };
    expect(podTrouble(pod(status))).toBe('container setup: ErrImagePull');
  });

  test('repeats the Ready condition when containers run but do not pass their probe', () => {
    const running = { name: 'hello', ready: false, state: { running: {} } };
    expect(podTrouble(pod({ conditions: [notReady], containerStatuses: [running] }))).toBe(notReady.message);
  });

  test('says that the kubelet has not begun', () => {
    expect(podTrouble(pod({ conditions: [{ type: 'PodScheduled', status: 'True' }] }))).toMatch(/not started yet/);
  });
});
