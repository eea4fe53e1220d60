import { connect } from 'node:net';
import { run } from '@matryoshka/system';
import { describe, expect, it } from 'vitest';
import { config, kaas, kaasJson, kaasOk, kubectl } from '../support/platform.ts';
import { eventually } from '../support/waiting.ts';

/** An address of somebody on the provider network who is not the service. */
const stranger = `${config.network.address.split('.').slice(0, 2).join('.')}.15.250`;

async function providerDevice(): Promise<string> {
  const { stdout } = await run(['ip', '-o', '-4', 'addr', 'show', 'to', `${config.network.address}/32`]);
  const device = /^\d+:\s+(\S+)/.exec(stdout)?.[1];
  if (device === undefined) throw new Error(`no device has ${config.network.address}`);
  return device;
}

/** kube-apiserver answers whoever speaks HTTP to it, before it asks who they are. */
const question = 'GET / HTTP/1.0\r\n\r\n';

/** Whether the API hears somebody who comes from a local address. */
async function hears(endpoint: URL, localAddress: string): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = connect({ host: endpoint.hostname, port: Number(endpoint.port || 443), localAddress });
    let text = '';
    socket.setTimeout(4_000, () => socket.destroy());
    socket
      // Refused or not answered: it closes all the same.
      .on('error', () => {})
      .on('data', (data) => {
        text += String(data);
      })
      .on('close', () => resolve(text.includes('400 Bad Request')));
    socket.write(question);
  });
}

/** From where the Kubernetes API of a cluster may be reached. */
export function endpointStories(): void {
  describe('the ranges that may reach the API', () => {
    it('keep others out, but neither workers nor the service, and may be lifted again', async () => {
      const device = await providerDevice();
      await run(['ip', 'address', 'add', `${stranger}/32`, 'dev', device]);
      try {
        const { status } = await kaasJson<{ readonly status: { readonly endpoint: string } }>([
          'cluster',
          'get',
          'demo',
        ]);
        const endpoint = new URL(status.endpoint);
        const isIn = async (): Promise<boolean> => await hears(endpoint, stranger);
        expect(await isIn()).toBe(true);

        await kaasOk(['cluster', 'update', 'demo', '--allow-from', '203.0.113.0/24', '--wait']);
        await eventually('a stranger is kept out', async () => ((await isIn()) ? undefined : true), 120_000);
        // New connections of a worker come from the address of the cluster's router.
        const pod = ['exec', 'deployment/hello', '--', 'sh', '-c'];
        const ask = `(printf '${question.replaceAll('\r', '\\r').replaceAll('\n', '\\n')}'; sleep 2) | nc ${endpoint.hostname} ${endpoint.port || 443}`;
        expect(await kubectl('demo', [...pod, ask])).toContain('400 Bad Request');
        // The host is where the service runs.
        expect(await kubectl('demo', ['logs', 'deployment/hello', '--tail=1'])).not.toBe('');
        expect(await kaasJson(['cluster', 'get', 'demo'])).toMatchObject({ status: { phase: 'ready' } });

        await kaasOk(['cluster', 'update', 'demo', '--allow-from', `${stranger}/32`, '--wait']);
        await eventually('who is named gets in', async () => ((await isIn()) ? true : undefined), 120_000);
        await kaasOk(['cluster', 'update', 'demo', '--allow-from', '203.0.113.0/24', '--wait']);
        await eventually('a stranger is kept out again', async () => ((await isIn()) ? undefined : true), 120_000);
        await kaasOk(['cluster', 'update', 'demo', '--allow-from', 'everywhere', '--wait']);
        await eventually('everybody gets in', async () => ((await isIn()) ? true : undefined), 120_000);
        const refused = await kaas(['cluster', 'update', 'demo', '--allow-from', '203.0.113.7']);
        expect(refused).toMatchObject({ code: 2 });
        expect(refused.stderr).toContain('try 203.0.113.7/32');
      } finally {
        await run(['ip', 'address', 'del', `${stranger}/32`, 'dev', device], { okCodes: 'any' });
      }
    });
  });
}
