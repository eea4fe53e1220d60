import { gzipSync } from 'node:zlib';
import type { LogComponent, LogLine } from '@matryoshka/domain';
import { type OutgoingOptions, requestAllowed, shortHash } from '@matryoshka/system';
import { AwsV4Signer } from 'aws4fetch';

/** Where an export goes, its secret in clear text. */
export interface Target {
  readonly id: string;
  readonly clusterId: string;
  readonly kind: 'http' | 's3';
  readonly url: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secret: string | undefined;
}

/** What one replica has said since it was asked last. */
export interface Chunk {
  readonly component: LogComponent;
  readonly lines: readonly LogLine[];
}

/** JSON lines, as every collector reads them. */
function payload(clusterId: string, chunks: readonly Chunk[]): Buffer {
  const lines = chunks.flatMap(({ component, lines: said }) =>
    said.map(({ at: time, pod, text: message }) =>
      JSON.stringify({ time, cluster: clusterId, component, pod, message }),
    ),
  );
  return gzipSync(`${lines.join('\n')}\n`);
}

/** Sends chunks to a target. Throws with words for the customer; what was sent may then be sent again, under the same key or name. */
export async function send(target: Target, chunks: readonly Chunk[], options: OutgoingOptions): Promise<void> {
  if (target.kind === 'http') return await post(target, payload(target.clusterId, chunks), options);
  for (const chunk of chunks) await put(target, chunk, payload(target.clusterId, [chunk]), options);
}

async function post({ id, url, secret }: Target, body: Buffer, options: OutgoingOptions): Promise<void> {
  const headers = {
    'content-type': 'application/x-ndjson',
    'content-encoding': 'gzip',
    'user-agent': 'matryoshka-log-export',
    'idempotency-key': `${id}-${shortHash(body.toString('base64'))}`,
    ...(secret === undefined ? {} : { authorization: secret }),
  };
  await expectSuccess(url, { method: 'POST', headers, body }, options);
}

/** One object for each replica and round, named by its first line, so that a repeat writes the same one. */
async function put(target: Target, { component, lines }: Chunk, body: Buffer, options: OutgoingOptions): Promise<void> {
  const { url, clusterId, region, accessKeyId, secret = '' } = target;
  const [first] = lines;
  if (first === undefined) return;
  const name = `${first.at.replace(/[:]/g, '')}-${first.pod}.ndjson.gz`;
  const place = [url.replace(/\/+$/, ''), clusterId, component, first.at.slice(0, 10), name].join('/');
  const signer = new AwsV4Signer({
    ...{ method: 'PUT', url: place, service: 's3', region, accessKeyId, secretAccessKey: secret },
    headers: { 'content-type': 'application/gzip' },
    body: new Uint8Array(body),
  });
  const signed = await signer.sign();
  const headers = Object.fromEntries(signed.headers);
  await expectSuccess(signed.url.href, { method: 'PUT', headers, body }, options);
}

async function expectSuccess(
  url: string,
  request: Parameters<typeof requestAllowed>[1],
  options: OutgoingOptions,
): Promise<void> {
  const status = await requestAllowed(url, request, options, async ({ statusCode = 0 }) => statusCode);
  if (status < 200 || status >= 300) throw new Error(`${new URL(url).host} answered with ${status}`);
}
