import {
  ClusterCreate,
  LoginRequest,
  type OperationDefinition,
  operationIds,
  operations,
  PoolPatch,
} from '@matryoshka/contract';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { shapeCheck } from './shape.ts';

const found = (schema: Parameters<typeof shapeCheck>[0], value: unknown) =>
  shapeCheck(schema)(value).map(({ pointer, code, suggestion }) =>
    suggestion === undefined ? `${pointer} ${code}` : `${pointer} ${code} ${suggestion}`,
  );
const login = (value: unknown) => found(LoginRequest, value);

describe('the shape of a body', () => {
  it.each([
    [{ name: 'demo' }, []],
    [undefined, [' wrong_type']],
    [[], [' wrong_type']],
    [{}, ['/name required']],
    [{ name: 7 }, ['/name wrong_type']],
    [{ name: 'a', teir: 'ha' }, ['/teir unknown_field tier']],
    [{ name: 'a', pools: {} }, ['/pools wrong_type']],
    [
      { name: 'a', pools: [{ name: 'w', flavour: 'x', count: 1 }] },
      ['/pools/0/flavour unknown_field flavor', '/pools/0/flavor required'],
    ],
    [{ name: 'a', network: { podcidr: 'x' } }, ['/network/podcidr unknown_field podCidr']],
    [{ name: 'a', 'x/y~z': 1 }, ['/x~1y~0z unknown_field']],
    [JSON.parse('{"name":"a","__proto__":{}}'), ['/__proto__ unknown_field']],
  ])('%j: %j', (value, places) => expect(found(ClusterCreate, value).sort()).toEqual([...places].sort()));

  it('of a change must hold something', () => {
    expect(found(PoolPatch, {})).toEqual([' empty']);
    expect(found(PoolPatch, { count: 2 })).toEqual([]);
  });

  it('of a login is told by its method, so that only what was meant is named', () => {
    expect(login({ method: 'password', user: 'a', password: 'b' })).toEqual([]);
    expect(login({ method: 'password', user: '' })).toEqual(['/password required', '/user invalid']);
    expect(login({ method: 'pasword' })).toEqual(['/method not_allowed password']);
    expect(login({ method: 'application-credential', id: 'a', secret: 's', project: 'p' })).toEqual([
      '/project unknown_field',
    ]);
    for (const value of [undefined, null, [], 'x', {}]) expect(login(value)).toEqual(['/method not_allowed']);
  });

  it('is judged without ever failing, and agrees with itself', () => {
    const bodies = operationIds
      .map((id): OperationDefinition => operations[id])
      .flatMap((definition) => (definition.body === undefined ? [] : [shapeCheck(definition.body)]));
    const known = fc.constantFrom('name', 'tier', 'pools', 'network', 'count', 'labels', 'taints', 'method', 'user');
    const tree = fc.anything({ key: fc.oneof(known, fc.string()), maxDepth: 4 });
    fc.assert(
      fc.property(fc.oneof(tree, fc.dictionary(known, tree)), (value) => {
        for (const check of bodies)
          for (const violation of check(value)) {
            expect(violation.pointer).toMatch(/^(\/|$)/);
            expect(violation.code).toMatch(/^[a-z_]+$/);
          }
      }),
      { numRuns: 300 },
    );
  });
});
