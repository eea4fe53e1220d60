import { type OperationDefinition, type OperationId, operationIds, operations, roles } from '@matryoshka/contract';
import { roleFromKeystone } from '@matryoshka/domain';
import { describe, expect, it } from 'vitest';
import { hashToken, newToken, tokenKind } from '../session/token.ts';
import { authorize, type Caller, isAllowed } from './authorize.ts';

describe('the access matrix', () => {
  it('names who may do each operation, and lets viewers change nothing', () => {
    const matrix = Object.fromEntries(
      operationIds.map((id) => [id, roles.filter((role) => isAllowed(operations[id].access, role)).join(' ')]),
    );
    expect(matrix).toEqual({
      'auth.methods': 'viewer operator admin',
      'auth.browser-login': 'viewer operator admin',
      'auth.login': 'viewer operator admin',
      'auth.logout': 'viewer operator admin',
      'me.get': 'viewer operator admin',
      'project.list': 'viewer operator admin',
      'member.list': 'viewer operator admin',
      'member.add': 'admin',
      'member.remove': 'admin',
      'audit.list': 'admin',
      'audit.export': 'admin',
      'audit.verify': 'admin',
      'token.list': 'viewer operator admin',
      'token.create': 'viewer operator admin',
      'token.get': 'viewer operator admin',
      'token.revoke': 'viewer operator admin',
      'version.list': 'viewer operator admin',
      'flavor.list': 'viewer operator admin',
      'cluster.list': 'viewer operator admin',
      'cluster.create': 'operator admin',
      'cluster.plan': 'operator admin',
      'cluster.get': 'viewer operator admin',
      'cluster.update': 'operator admin',
      'cluster.delete': 'operator admin',
      'cluster.kubeconfig': 'viewer operator admin',
      'credential.create': 'viewer operator admin',
      'credential.revoke': 'admin',
      'upgrade.plan': 'viewer operator admin',
      'deletion.plan': 'viewer operator admin',
      'deletion.undo': 'operator admin',
      'receipt.list': 'viewer operator admin',
      'receipt.get': 'viewer operator admin',
      'log.get': 'operator admin',
      'log-export.list': 'operator admin',
      'log-export.create': 'admin',
      'log-export.delete': 'admin',
      'node.list': 'viewer operator admin',
      'node.get': 'viewer operator admin',
      'node.recycle': 'operator admin',
      'repair.list': 'viewer operator admin',
      'hibernation.get': 'viewer operator admin',
      'certificate.get': 'viewer operator admin',
      'certificate.renew': 'operator admin',
      'certificate.rotate': 'admin',
      'certificate.complete': 'admin',
      'key.list': 'viewer operator admin',
      'key.rotate': 'operator admin',
      'backup.list': 'viewer operator admin',
      'backup.get': 'viewer operator admin',
      'backup.create': 'operator admin',
      'backup.delete': 'admin',
      'backup.restore': 'admin',
      'pool.list': 'viewer operator admin',
      'pool.get': 'viewer operator admin',
      'pool.create': 'operator admin',
      'pool.update': 'operator admin',
      'pool.delete': 'operator admin',
      'quota.get': 'viewer operator admin',
      'resource.list': 'viewer operator admin',
      'operation.list': 'viewer operator admin',
      'operation.cancel': 'operator admin',
      'operation.get': 'viewer operator admin',
      'event.stream': 'viewer operator admin',
      'webhook.list': 'operator admin',
      'webhook.create': 'admin',
      'webhook.get': 'operator admin',
      'webhook.update': 'admin',
      'webhook.delete': 'admin',
      'webhook.rotate': 'admin',
      'webhook.test': 'admin',
      'webhook.deliveries': 'operator admin',
      'webhook.replay': 'admin',
      'price.list': 'viewer operator admin',
      'price.publish': '',
      'price.withdraw': '',
      'usage.get': 'viewer operator admin',
      'usage.fleet': '',
      'management-cluster.list': '',
      'management-cluster.cordon': '',
      'management-cluster.uncordon': '',
      'deletion.force': '',
      'remain.list': '',
      'remain.dismiss': '',
      'fleet.summary': '',
      'leftover.list': '',
      'leftover.remove': '',
      'leftover.adopt': '',
      'fleet.clusters': '',
      'cost.get': 'viewer operator admin',
      'budget.set': 'admin',
      'budget.delete': 'admin',
    });
  });

  it('leaves only the login, and how to, open to everybody', () => {
    expect(operationIds.filter((id) => operations[id].access === 'public')).toEqual([
      'auth.methods',
      'auth.login',
      'auth.browser-login',
    ]);
  });

  it('refuses what it does not know', () => {
    expect(isAllowed('owner' as 'admin', 'admin', true)).toBe(false);
    expect(isAllowed('provider', 'admin')).toBe(false);
    expect(isAllowed('admin', 'viewer', true)).toBe(false);
    expect(isAllowed('viewer', 'nobody' as 'admin')).toBe(false);
    expect(roleFromKeystone(['load-balancer_member'])).toBeUndefined();
    expect(roleFromKeystone(['reader', 'member'])).toBe('admin');
    expect(roleFromKeystone(['Reader'])).toBe('viewer');
  });
});

describe('tokens', () => {
  it.each(['session', 'program'] as const)('for a %s can be told from other text, and from a mistyped one', (kind) => {
    const token = newToken(kind);
    expect(tokenKind(token)).toBe(kind);
    expect(tokenKind(`${token.slice(0, 20)}${token[20] === 'a' ? 'b' : 'a'}${token.slice(21)}`)).toBeUndefined();
    expect(hashToken(token)).toEqual(hashToken(token));
    expect(newToken(kind)).not.toBe(token);
  });
});

describe('a token for programs', () => {
  const caller: Caller = {
    ...{ userId: 'u', userName: 'u', projectId: 'p', projectName: 'p', role: 'admin', isProvider: false, projects: [] },
    ...{
      memberId: null,
      tokenId: 'tok-a',
      clusterIds: ['c-a'],
      expiresAt: new Date(),
      requestId: '',
      remoteAddress: '',
    },
  };
  const isOfProvider = (id: OperationId): boolean => operations[id].access === 'provider';
  const refusedFor = (who: Caller): readonly string[] =>
    operationIds.filter((id) => {
      if (isOfProvider(id)) return false;
      try {
        authorize(operations[id], who);
        return false;
      } catch {
        return true;
      }
    });

  it('is never the provider’s', () => {
    const provider = operationIds.filter(isOfProvider);
    expect(provider.length).toBeGreaterThan(0);
    for (const id of provider) expect(() => authorize(operations[id], caller)).toThrow();
  });

  it('makes no tokens and ends no session', () => {
    expect(refusedFor({ ...caller, clusterIds: null })).toEqual([
      'auth.logout',
      'token.create',
      'member.add',
      'member.remove',
    ]);
    expect(refusedFor({ ...caller, tokenId: null, clusterIds: null })).toEqual([]);
  });

  it('for some clusters changes nothing outside of them', () => {
    const changes = operationIds.filter((id) => {
      if (isOfProvider(id)) return false;
      const { method, path, wholeProject }: OperationDefinition = operations[id];
      return wholeProject || (method !== 'GET' && !path.includes('{clusterId}'));
    });
    expect(new Set(refusedFor(caller))).toEqual(new Set(changes));
  });
});
