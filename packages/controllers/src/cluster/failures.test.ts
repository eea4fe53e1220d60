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
    reason: 'InternalError',
    message: expect.stringContaining('spec.y: no'),
  });
  const group = { type: 'applyManifests', group: 'cluster' } as const;
  expect(describeFailure(group, silent)).toMatchObject({ reason: 'InternalError' });
});

test('an exhausted quota is the customer’s to solve', () => {
  const error = new OpenStackError('neutron: Quota exceeded for resources: [router].', {
    service: 'network',
    status: 409,
    method: 'POST',
    url: 'http://192.0.2.1/v2.0/routers',
  });
  const action = { type: 'ensureApplicationCredential', name: 'x' } as const;
  expect(describeFailure(action, error)).toMatchObject({ reason: 'NetworkQuotaExceeded', actor: 'user' });
});

test('a webhook of the customer is named, and one in the management cluster is not theirs', () => {
  const words =
    'Internal error occurred: failed calling webhook "policy.example.com": failed to call webhook: Post "https://policy.default.svc:443/": no endpoints available';
  const refused = new StatusError('PATCH /x', 500, { reason: 'InternalError', message: words });
  expect(describeFailure(addons, refused)).toMatchObject({ reason: 'WebhookRefusing', actor: 'user' });
  expect(describeFailure(addons, refused).message).toContain('policy.example.com');
  const ours = { type: 'applyManifests', group: 'cluster' } as const;
  expect(describeFailure(ours, refused)).toMatchObject({ reason: 'InternalError', actor: 'us' });
});

test('a full database is the provider’s, wherever it shows', () => {
  const words =
    'rpc error: code = Unknown desc = ERROR: could not extend file "base/16/2": No space left on device (SQLSTATE 53100)';
  const full = new StatusError('PATCH /x', 500, { reason: 'InternalError', message: words });
  expect(describeFailure(addons, full)).toMatchObject({ reason: 'DataStoreFull', actor: 'provider' });
});

test('a cloud that cannot be reached is said without addresses of ours', () => {
  const away = new OpenStackError('network: GET http://192.0.2.1:9696/v2.0/ports: connect ECONNREFUSED', {
    service: 'network',
    status: 0,
    method: 'GET',
    url: 'http://192.0.2.1:9696/v2.0/ports',
  });
  const action = { type: 'ensureApplicationCredential', name: 'x' } as const;
  expect(describeFailure(action, away)).toMatchObject({ reason: 'CloudNotAnswering', actor: 'provider' });
  expect(describeFailure(action, away).message).not.toContain('192.0.2.1');
});
