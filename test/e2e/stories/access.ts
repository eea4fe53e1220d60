import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { grantRoles } from '@matryoshka/openstack';
import { describe, expect, it } from 'vitest';
import { cloudIn } from '../support/cloud.ts';
import { environment, home, kaas, kaasJson, kaasOk, kubectl } from '../support/platform.ts';
import { eventually } from '../support/waiting.ts';

interface ExecCredential {
  readonly status: { readonly token: string; readonly expirationTimestamp: string };
}

interface Log {
  readonly lines: readonly { readonly at: string; readonly pod: string; readonly text: string }[];
}

interface Kubeconfig {
  readonly clusters: readonly { readonly cluster: Readonly<Record<string, string>> }[];
  readonly users: readonly { readonly user: Readonly<Record<string, unknown>> }[];
}

const kubeconfig = async (): Promise<Kubeconfig> =>
  JSON.parse(await kubectl('demo', ['config', 'view', '--raw', '--minify', '-o', 'json'])) as Kubeconfig;

const token = async (): Promise<string> => {
  const { id } = await kaasJson<{ readonly id: string }>(['cluster', 'get', 'demo']);
  return (JSON.parse(await kaasOk(['get-token', '--cluster', id])) as ExecCredential).status.token;
};

/** A kubeconfig that shows this token and asks nobody. */
async function withToken(shown: string): Promise<{ readonly KUBECONFIG: string }> {
  const config = await kubeconfig();
  const file = join(home, `token-${randomBytes(4).toString('hex')}`);
  const users = [{ name: 'demo', user: { token: shown } }];
  await writeFile(file, JSON.stringify({ ...config, users }), { mode: 0o600 });
  return { KUBECONFIG: file };
}

/** Who gets into a customer's cluster, and who does not. */
export function accessStories(): void {
  describe('access to a cluster', () => {
    it('is given by a kubeconfig that holds no secret, as who is logged in', async () => {
      const config = await kubeconfig();
      expect(Object.keys(config.users[0]?.user ?? {})).toEqual(['exec']);
      const review = JSON.parse(await kubectl('demo', ['auth', 'whoami', '-o', 'json']));
      const me = await kaasJson<{ readonly user: { readonly id: string } }>(['whoami']);
      expect(review.status.userInfo).toMatchObject({
        username: `kaas:${me.user.id}`,
        groups: ['kaas:admin', 'system:authenticated'],
      });
      expect((await kubectl('demo', ['auth', 'can-i', '*', '*'])).trim()).toBe('yes');
    });

    it('is for looking only for whoever is a reader of the project', async () => {
      const { cloud, projectId } = await cloudIn('demo');
      const password = randomBytes(12).toString('hex');
      const reader = await cloud.keystone.users.create({ name: 'reader', password, domain_id: 'default' });
      await grantRoles(cloud.keystone, { projectId, userId: reader.id }, ['reader']);
      const env = {
        KAAS_CONFIG: join(home, 'reader.json'),
        KUBECONFIG: join(home, 'reader-kubeconfig'),
        OS_PASSWORD: password,
      };
      await kaasOk(['login', '--user', 'reader', '--project', 'demo'], { env });
      await kaasOk(['cluster', 'kubeconfig', 'demo'], { env });
      const looks = ['get', 'pods,nodes', '-A', '-o', 'name'];
      expect(await kaasOk(['kubectl', ...looks], { env })).toContain('node/');
      for (const refused of [
        ['get', 'secrets', '-A'],
        ['create', 'namespace', 'mine'],
        ['delete', 'node', '--all'],
      ]) {
        const outcome = await kaas(['kubectl', ...refused], { env });
        expect(outcome.code).not.toBe(0);
        expect(outcome.stderr).toMatch(/Forbidden|forbidden/);
      }
      expect((await kaas(['cluster', 'revoke-credentials', 'demo'], { env })).stderr).toContain('[forbidden]');
    });

    it('is told in the audit events of the cluster, by name, beside the log of its control plane', async () => {
      const name = `audited-${randomBytes(3).toString('hex')}`;
      await kubectl('demo', ['create', 'configmap', name]);
      const me = await kaasJson<{ readonly user: { readonly id: string } }>(['whoami']);
      const told = await eventually(
        'the audit event',
        async () => {
          const { lines } = await kaasJson<Log>(['cluster', 'logs', 'demo', '--component', 'audit', '--since', '5m']);
          return lines.map(({ text }) => JSON.parse(text)).find(({ objectRef }) => objectRef?.name === name);
        },
        60_000,
      );
      expect(told).toMatchObject({
        verb: 'create',
        user: { username: `kaas:${me.user.id}`, extra: { 'matryoshka.dev/credential': [expect.any(String)] } },
        responseStatus: { code: 201 },
      });
      await kubectl('demo', ['delete', 'configmap', name]);
      for (const component of [
        'kube-apiserver',
        'kube-controller-manager',
        'kube-scheduler',
        'cloud-controller-manager',
      ]) {
        const { lines } = await kaasJson<Log>(['cluster', 'logs', 'demo', '--component', component, '--tail', '3']);
        expect(lines.length, component).toBeGreaterThan(0);
      }
    });

    it('that was given out ends for all when an administrator says so, and who may still come gets in at once', async () => {
      const before = await withToken(await token());
      const isIn = async (env: Readonly<Record<string, string>>): Promise<boolean> => {
        const { code, stderr } = await kaas(['kubectl', 'get', 'namespaces'], { env });
        if (code !== 0) expect(stderr).toMatch(/Unauthorized|must be logged in/i);
        return code === 0;
      };
      expect(await isIn(before)).toBe(true);
      const started = Date.now();
      const revoking = kaasOk(['cluster', 'revoke-credentials', 'demo', '--wait']);
      let lockedOut = 0;
      const ask = async (): Promise<true | undefined> => {
        if (!(await isIn(environment))) lockedOut += 1;
        return (await isIn(before)) ? undefined : true;
      };
      await eventually('the end of what was given out', ask, 120_000, 200);
      const seconds = Math.round((Date.now() - started) / 1000);
      process.stdout.write(`  revoked credentials were refused after ${seconds} s\n`);
      await revoking;
      expect(lockedOut, 'of those who ask anew').toBe(0);
      expect(await isIn(environment)).toBe(true);
    });
  });
}
