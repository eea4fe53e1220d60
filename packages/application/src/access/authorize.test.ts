import { operationIds, operations, roles } from '@matryoshka/contract';
import { describe, expect, it } from 'vitest';
import { hashToken, looksLikeToken, newToken } from '../session/token.ts';
import { isAllowed, roleFromKeystone } from './authorize.ts';

describe('the access matrix', () => {
  it('names who may do each operation, and lets viewers change nothing', () => {
    const matrix = Object.fromEntries(
      operationIds.map((id) => [id, roles.filter((role) => isAllowed(operations[id].access, role)).join(' ')]),
    );
    expect(matrix).toEqual({
      'auth.login': 'viewer operator admin',
      'auth.logout': 'viewer operator admin',
      'me.get': 'viewer operator admin',
      'project.list': 'viewer operator admin',
      'version.list': 'viewer operator admin',
      'flavor.list': 'viewer operator admin',
      'cluster.list': 'viewer operator admin',
      'cluster.create': 'operator admin',
      'cluster.get': 'viewer operator admin',
      'cluster.update': 'operator admin',
      'cluster.delete': 'operator admin',
      'cluster.kubeconfig': 'operator admin',
      'deletion.plan': 'viewer operator admin',
      'deletion.undo': 'operator admin',
      'receipt.list': 'viewer operator admin',
      'receipt.get': 'viewer operator admin',
      'pool.list': 'viewer operator admin',
      'pool.get': 'viewer operator admin',
      'pool.create': 'operator admin',
      'pool.update': 'operator admin',
      'pool.delete': 'operator admin',
      'quota.get': 'viewer operator admin',
      'resource.list': 'viewer operator admin',
      'operation.list': 'viewer operator admin',
      'operation.get': 'viewer operator admin',
      'event.stream': 'viewer operator admin',
    });
  });

  it('leaves only the login open to everybody', () => {
    expect(operationIds.filter((id) => operations[id].access === 'public')).toEqual(['auth.login']);
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

describe('session tokens', () => {
  it('can be told from other text, and from a mistyped token', () => {
    const token = newToken();
    expect(looksLikeToken(token)).toBe(true);
    expect(looksLikeToken(`${token.slice(0, 10)}${token[10] === 'a' ? 'b' : 'a'}${token.slice(11)}`)).toBe(false);
    expect(hashToken(token)).toEqual(hashToken(token));
    expect(newToken()).not.toBe(token);
  });
});
