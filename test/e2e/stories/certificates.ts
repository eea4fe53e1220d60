import { X509Certificate } from 'node:crypto';
import { connect } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { kaas, kaasJson, kaasOk, kubectl } from '../support/platform.ts';
import { eventually } from '../support/waiting.ts';

interface Certificates {
  readonly items: readonly { readonly name: string; readonly authority: boolean; readonly notAfter: string }[];
  readonly rotation: { readonly phase: string } | null;
}

const certificates = async (name: string): Promise<Certificates> =>
  await kaasJson<Certificates>(['certificate', 'list', name]);

const nodeNames = async (name: string): Promise<readonly string[]> =>
  (await kubectl(name, ['get', 'nodes', '-o', 'name'])).split('\n').filter((line) => line !== '');

/** The certificate that the API shows to whoever comes. */
async function shown(name: string): Promise<X509Certificate> {
  const { status } = await kaasJson<{ readonly status: { readonly endpoint: string } }>(['cluster', 'get', name]);
  const { hostname: host, port } = new URL(status.endpoint);
  return await new Promise((resolve, reject) => {
    const socket = connect({ host, port: Number(port), rejectUnauthorized: false }, () => {
      const { raw } = socket.getPeerCertificate();
      socket.end();
      resolve(new X509Certificate(raw));
    });
    socket.on('error', reject);
  });
}

/** What a cluster proves itself by is exchanged while it works; its workers are others afterwards. */
export function certificateStories(name: string): void {
  describe('certificates', () => {
    it('are made anew when somebody asks', { timeout: 600_000 }, async () => {
      const before = await shown(name);
      const { items } = await certificates(name);
      expect(items.filter(({ authority }) => !authority).length).toBeGreaterThan(5);
      await kaasOk(['certificate', 'renew', name, '--wait']);
      const after = await shown(name);
      expect(after.serialNumber).not.toBe(before.serialNumber);
      expect(after.issuer).toBe(before.issuer);
      expect(await kubectl(name, ['get', 'nodes', '-o', 'name'])).toContain('node/');
    });

    it('get another authority, in two steps', { timeout: 1_500_000 }, async () => {
      const before = await shown(name);
      const nodes = await nodeNames(name);
      expect(await kaas(['certificate', 'complete', name])).toMatchObject({ code: 4 });
      await kaasOk(['certificate', 'rotate', name, '--wait']);
      expect((await certificates(name)).rotation).toMatchObject({ phase: 'prepared' });
      expect((await shown(name)).issuer, 'everybody knows what it shows').toBe(before.issuer);
      const others = await nodeNames(name);
      expect(others).toHaveLength(nodes.length);
      expect(others.filter((node) => nodes.includes(node))).toEqual([]);
      await kubectl(name, [
        'run',
        'between',
        '--image=docker.io/library/busybox:1.35.0',
        '--command',
        '--',
        'sleep',
        '86400',
      ]);
      await kubectl(name, ['wait', 'pod/between', '--for=condition=Ready', '--timeout=180s']);

      await kaasOk(['cluster', 'kubeconfig', name]);
      await kaasOk(['certificate', 'complete', name, '--wait']);
      expect((await certificates(name)).rotation).toBeNull();
      expect((await shown(name)).issuer).not.toBe(before.issuer);
      // The way through the tunnel to a kubelet, with everything new; agents find a replica that has just started within seconds.
      await eventually(
        'exec works',
        async () => {
          const { stdout } = await kaas(['kubectl', '--context', name, 'exec', 'between', '--', 'echo', 'hello']);
          return stdout.includes('hello') ? true : undefined;
        },
        60_000,
      );
      await kubectl(name, ['delete', 'pod/between', '--grace-period=1']);
      expect(await nodeNames(name)).toEqual(others);
    });
  });
}
