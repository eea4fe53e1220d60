import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { TypedError } from '@matryoshka/system';
import { AwsV4Signer } from 'aws4fetch';
import { type Dispatcher, request } from 'undici';
import { missing } from './directory.ts';
import { type BackupStore, checkName } from './store.ts';

export interface S3Options {
  /** Of the bucket, with a prefix in it if there is one: `https://s3.example.com/backups/region-one`. */
  readonly url: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** Backups as objects of a bucket of any S3 API, each sent at once (up to 5 GiB): it is whole there, or it is not there. */
export function s3Store(options: S3Options): BackupStore {
  const call = async (
    method: 'PUT' | 'GET' | 'DELETE',
    name: string,
    content?: { readonly path: string; readonly bytes: number; readonly sha256: string },
  ): Promise<Dispatcher.ResponseData> => {
    const { region, accessKeyId, secretAccessKey } = options;
    const signer = new AwsV4Signer({
      ...{ method, service: 's3', region, accessKeyId, secretAccessKey },
      url: `${options.url.replace(/\/+$/, '')}/${checkName(name)}`,
      headers: { 'x-amz-content-sha256': content?.sha256 ?? emptySha256 },
    });
    const signed = await signer.sign();
    const headers = Object.fromEntries(signed.headers);
    if (content === undefined) return await request(signed.url, { method, headers });
    return await request(signed.url, {
      method,
      headers: { ...headers, 'content-length': String(content.bytes) },
      body: createReadStream(content.path),
    });
  };
  return {
    place: options.url,
    put: async (name, content) => {
      const folder = await mkdtemp(join(tmpdir(), 'kaas-backup-'));
      try {
        const path = join(folder, 'sealed');
        const hash = createHash('sha256');
        const counted = content.on('data', (chunk: Buffer) => hash.update(chunk));
        await pipeline(counted, createWriteStream(path, { mode: 0o600 }));
        const { size: bytes } = await stat(path);
        await expectStatus(await call('PUT', name, { path, bytes, sha256: hash.digest('hex') }), [200, 201]);
        return bytes;
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
    get: async (name) => {
      const answer = await call('GET', name);
      if (answer.statusCode === 200) return Readable.from(answer.body);
      if (answer.statusCode === 404) {
        await answer.body.dump();
        throw missing(name);
      }
      throw await refusal(answer);
    },
    remove: async (name) => await expectStatus(await call('DELETE', name), [200, 204, 404]),
  };
}

const emptySha256 = createHash('sha256').digest('hex');

async function expectStatus(answer: Dispatcher.ResponseData, expected: readonly number[]): Promise<void> {
  if (!expected.includes(answer.statusCode)) throw await refusal(answer);
  await answer.body.dump();
}

/** What S3 says (an XML document with a code), for people. */
async function refusal({ statusCode, body }: Dispatcher.ResponseData): Promise<TypedError> {
  const text = await body.text();
  const code = /<Code>([^<]{1,100})<\/Code>/.exec(text)?.[1];
  return new TypedError(`the bucket of the backups answered ${statusCode}${code === undefined ? '' : ` ${code}`}`, {
    code: 'backup_bucket_refused',
    actor: 'provider',
  });
}
