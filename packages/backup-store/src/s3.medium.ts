import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { waitFor } from '@matryoshka/system';
import { freePort, pythonProgram } from '@matryoshka/testkit';
import { AwsClient } from 'aws4fetch';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { s3Store } from './s3.ts';

// moto answers as S3 does, in memory.

let server: ChildProcess;
let url: string;
const key = { accessKeyId: 'AKID', secretAccessKey: 'secret' };
beforeAll(async () => {
  const program = await pythonProgram({ requirement: 'moto[s3,server]', version: '5.2.5', program: 'moto_server' });
  const port = await freePort();
  server = spawn(program, ['-H', '127.0.0.1', '-p', String(port)], { stdio: 'ignore' });
  url = `http://127.0.0.1:${port}`;
  const isUp = async (): Promise<boolean> =>
    await fetch(url).then(
      () => true,
      () => false,
    );
  if (!(await waitFor(isUp, { timeoutMs: 60_000, intervalMs: 100 }))) throw new Error('moto did not start');
  await new AwsClient({ ...key, service: 's3', region: 'us-east-1' }).fetch(`${url}/backups`, { method: 'PUT' });
}, 300_000);
afterAll(() => void server?.kill('SIGKILL'));

it('keeps, gives and removes', async () => {
  const store = s3Store({ ...key, url: `${url}/backups/region-one/`, region: 'us-east-1' });
  const bytes = randomBytes(3_000_000);
  expect(await store.put('c-1/b-1.age', Readable.from([bytes.subarray(0, 1000), bytes.subarray(1000)]))).toBe(
    3_000_000,
  );
  expect((await buffer(await store.get('c-1/b-1.age'))).equals(bytes)).toBe(true);
  await store.put('c-1/b-1.age', Readable.from([Buffer.from('once more')]));
  expect((await buffer(await store.get('c-1/b-1.age'))).toString()).toBe('once more');
  for (const _ of [1, 2]) await store.remove('c-1/b-1.age');
  await expect(store.get('c-1/b-1.age')).rejects.toMatchObject({ code: 'backup_missing' });
  await expect(store.get('../other')).rejects.toThrow('no name');
});

it('shows nothing of what was broken off, and says what a bucket answers', async () => {
  const store = s3Store({ ...key, url: `${url}/backups`, region: 'us-east-1' });
  const broken = Readable.from(
    (async function* () {
      yield Buffer.from('half');
      throw new Error('gone');
    })(),
  );
  await expect(store.put('c-1/b-2.age', broken)).rejects.toThrow('gone');
  await expect(store.get('c-1/b-2.age')).rejects.toMatchObject({ code: 'backup_missing' });
  const nowhere = s3Store({ ...key, url: `${url}/no-such-bucket`, region: 'us-east-1' });
  await expect(nowhere.put('c-1/b-1.age', Readable.from([Buffer.from('x')]))).rejects.toThrow('404 NoSuchBucket');
});
