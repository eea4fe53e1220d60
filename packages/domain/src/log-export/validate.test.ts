import { expect, it } from 'vitest';
import { validateLogExport } from './validate.ts';

const check = (body: unknown, facts: { count?: number; allowHttp?: boolean } = {}) =>
  validateLogExport(body, { count: 0, allowHttp: false, ...facts }).map(({ pointer, code }) => `${pointer} ${code}`);
const http = { kind: 'http', url: 'https://logs.example.com/in?tenant=a' };
const s3 = { kind: 's3', url: 'https://s3.example.com/bucket/logs', accessKeyId: 'a', secretAccessKey: 'b' };

it.each<readonly [unknown, readonly string[]]>([
  [http, []],
  [{ ...http, authorization: 'Bearer x' }, []],
  [s3, []],
  [{ ...s3, region: 'eu-1' }, []],
  [{ ...http, url: 'http://logs.example.com' }, ['/url invalid_url']],
  [{ ...http, url: 'https://ann:pw@logs.example.com' }, ['/url invalid_url']],
  [{ ...http, url: 'https://logs.example.com/#x' }, ['/url invalid_url']],
  [{ ...http, region: 'x' }, ['/region not_allowed']],
  [{ ...http, authorization: 'Bearer\nX-Evil: 1' }, ['/authorization invalid_value']],
  [{ ...s3, url: 'https://s3.example.com' }, ['/url invalid_url']],
  [{ ...s3, url: 'https://s3.example.com/?x' }, ['/url invalid_url']],
  [
    { kind: 's3', url: s3.url, authorization: 'x' },
    ['/accessKeyId required', '/secretAccessKey required', '/authorization not_allowed'],
  ],
  [null, []],
])('%j', (body, violations) => {
  expect(check(body)).toEqual(violations);
});

it('counts, and takes http where the provider allows addresses of its own', () => {
  expect(check(http, { count: 3 })).toEqual([' too_many_log_exports']);
  expect(check({ ...http, url: 'http://10.0.0.1/logs' }, { allowHttp: true })).toEqual([]);
});
