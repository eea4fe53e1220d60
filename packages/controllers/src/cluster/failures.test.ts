import { StatusError } from '@matryoshka/kube';
import { OpenStackError } from '@matryoshka/openstack';
import { TypedError } from '@matryoshka/system';
import { expect, test } from 'vitest';
import { describeFailure } from './failures.ts';

const addons = { type: 'applyTenantAddons' } as const;
const silent = new TypedError('GET https://192.0.2.1:6443/api: no answer', { code: 'kubernetes_timed_out' });

test('a silent API of the customer is said without addresses of ours', () => {
  expect(describeFailure(addons, silent)).toMatchObject({ reason: 'ClusterApiNotAnswering', actor: 'us' });
  expect(describeFailure(addons, silent).message).not.toContain('192.0.2.1');
});

test('other failures say what was refused', () => {
  const refused = new StatusError('PATCH /x', 422, { reason: 'Invalid', message: 'spec.y: no' });
  expect(describeFailure(addons, refused)).toMatchObject({
    reason: 'ActionFailed',
    message: expect.stringContaining('spec.y: no'),
  });
  const group = { type: 'applyManifests', group: 'cluster' } as const;
  expect(describeFailure(group, silent)).toMatchObject({ reason: 'ActionFailed' });
});

test('an exhausted quota is the customer’s to solve', () => {
  const error = new OpenStackError('neutron: Quota exceeded for resources: [router].', {
    service: 'network',
    status: 409,
    method: 'POST',
    url: 'http://192.0.2.1/v2.0/routers',
  });
  const action = { type: 'ensureApplicationCredential', name: 'x' } as const;
  expect(describeFailure(action, error)).toMatchObject({ reason: 'QuotaExceeded', actor: 'user' });
});
