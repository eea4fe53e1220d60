import { KaasError } from '@matryoshka/application';
import { Problem, problemCodes, problems } from '@matryoshka/contract';
import { isDatabaseUnavailable } from '@matryoshka/postgres';
import { Compile } from 'typebox/compile';
import { describe, expect, it } from 'vitest';
import { allowedMethods } from './methods.ts';
import { problemOf } from './problem.ts';

const isProblem = Compile(Problem);
const withCode = (code: string, message = 'm') => Object.assign(new Error(message), { code });

describe('problems', () => {
  it.each(problemCodes)('%s is a problem document with its own status', (code) => {
    const violations = [{ pointer: '/a', code: 'x', message: 'y' }];
    const problem = problemOf(new KaasError(code, 'detail', { violations }), 'r-1');
    expect(isProblem.Check(problem)).toBe(true);
    expect(problem).toMatchObject({ code, status: problems[code].status, requestId: 'r-1', violations });
    expect(problem.next).not.toBe('');
  });

  it.each([
    ['FST_ERR_CTP_BODY_TOO_LARGE', 'body_too_large'],
    ['FST_ERR_CTP_INVALID_MEDIA_TYPE', 'unsupported_media_type'],
    ['FST_ERR_CTP_INVALID_CONTENT_LENGTH', 'invalid_header'],
    ['FST_ERR_BAD_URL', 'not_found'],
    ['FST_ERR_MAX_PARAM_LENGTH', 'not_found'],
    ['ECONNREFUSED', 'database_unavailable'],
    ['57P01', 'database_unavailable'],
    ['08006', 'database_unavailable'],
    ['55P03', 'database_unavailable'],
    ['40P01', 'database_unavailable'],
    ['25006', 'database_unavailable'],
    ['23505', 'internal'],
    ['42703', 'internal'],
    ['22021', 'internal'],
  ])('an error %s becomes %s', (code, expected) => expect(problemOf(withCode(code), 'r').code).toBe(expected));

  it('of what nobody expected say nothing of its inside', () => {
    for (const thrown of [new Error('password=geheim'), 'geheim', undefined, withCode('XX000', 'geheim')]) {
      const problem = problemOf(thrown, 'r');
      expect(problem.code).toBe('internal');
      expect(JSON.stringify(problem)).not.toContain('geheim');
    }
  });

  it('knows a database that is away by its words, too', () => {
    for (const words of ['Connection terminated unexpectedly', 'timeout exceeded when trying to connect'])
      expect(isDatabaseUnavailable(new Error(words))).toBe(true);
    expect(isDatabaseUnavailable(new Error('column "x" does not exist'))).toBe(false);
    expect(isDatabaseUnavailable('Connection terminated')).toBe(false);
  });
});

describe('the methods of a path', () => {
  it.each([
    ['/v1/clusters', ['GET', 'POST']],
    ['/v1/clusters/c-1', ['DELETE', 'GET', 'PATCH']],
    ['/v1/clusters/c-1/pools/a', ['DELETE', 'GET', 'PATCH']],
    ['/v1/clusters/c-1/kubeconfig', ['GET']],
    ['/livez', ['GET', 'HEAD']],
    ['/v1/clusters/', []],
    ['/v1/clusters/c-1/pools/a/b', []],
    ['/', []],
  ])('%s: %j', (path, methods) => expect(allowedMethods(path, ['/livez'])).toEqual(methods));
});
