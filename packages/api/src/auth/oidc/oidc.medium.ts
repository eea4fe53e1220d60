import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { OidcIssuer } from '@matryoshka/api';
import { saveProject } from '@matryoshka/postgres';
import { waitFor } from '@matryoshka/system';
import { startTestOidc, type TestOidc } from '@matryoshka/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Run, runKaas } from '../../testing/command-line.ts';
import { send } from '../../testing/http.ts';
import { newIssuer } from '../../testing/oidc.ts';
import { startTestPlatform, type TestApi, type TestPlatform } from '../../testing/platform.ts';

// The command line against the API against a real OpenID provider; a script plays the browser.
let platform: TestPlatform;
let oidc: TestOidc;
let api: TestApi;
let homes: string;
let people = 0;

beforeAll(async () => {
  homes = await mkdtemp(join(tmpdir(), 'oidc-homes-'));
  [platform, oidc] = await Promise.all([startTestPlatform(), startTestOidc()]);
  const corp: OidcIssuer = newIssuer({ name: 'corp', issuer: oidc.issuer, providerGroups: ['cloud-admins'] });
  api = await platform.startApi({ oidcIssuers: [corp], loginLimit: { burst: 1_000 } });
});
afterAll(async () => {
  await oidc?.stop();
  await platform?.stop();
  await rm(homes, { recursive: true, force: true });
});

interface Person {
  readonly subject: string;
  readonly email: string;
  kaas(argv: readonly string[]): Promise<Run>;
}

function newPerson(claims: Readonly<Record<string, unknown>> = {}): Person {
  people += 1;
  const subject = `person-${people}`;
  const email = `${subject}@example.com`;
  oidc.people.set(subject, { email, email_verified: true, preferred_username: subject, ...claims });
  const home = join(homes, subject);
  const visit = (url: string): void => {
    oidc.visit(url, subject).catch(() => {});
  };
  let typed = '';
  return {
    subject,
    email,
    kaas: async (argv) =>
      await runKaas(argv, {
        home,
        env: { KAAS_URL: api.url },
        openUrl: visit,
        watch: ({ stderr }) => {
          const [, url] = argv.includes('--device') ? (/any browser:\n\n {2}(\S+)\n/.exec(stderr) ?? []) : [];
          if (url === undefined || url === typed) return;
          typed = url;
          visit(url);
        },
      }),
  };
}

interface Claim {
  readonly kind: 'email' | 'group' | 'subject';
  readonly value: string;
  readonly role?: 'viewer' | 'operator' | 'admin';
}

async function addMember(projectId: string, { kind, value, role = 'viewer' }: Claim): Promise<string> {
  const token = await platform.login(projectId, 'admin');
  const answer = await send(api.url, 'member.add', { token, body: { issuer: 'corp', kind, value, role } });
  if (answer.status !== 201) throw new Error(answer.text);
  return answer.body.id;
}

const whoami = async ({ kaas }: Person) => JSON.parse((await kaas(['whoami', '-o', 'json'])).stdout);

describe('a login with an OpenID Connect issuer', () => {
  it.each([['--oidc'], ['--oidc', 'corp', '--device']])(
    'leads into the project with the role of the member: %s %s %s',
    async (...flags) => {
      const ann = newPerson();
      const projectId = await platform.newProject();
      await addMember(projectId, { kind: 'email', value: ann.email.toUpperCase(), role: 'operator' });
      const login = await ann.kaas(['login', ...flags]);
      expect(login.stderr).toContain(`logged in as ${ann.subject} to project project ${projectId.slice(1)} (operator)`);
      expect(login.code).toBe(0);
      expect(await whoami(ann)).toMatchObject({
        user: { id: `oidc:corp:${ann.subject}`, name: ann.subject },
        project: { id: projectId },
        role: 'operator',
        provider: false,
        via: 'session',
      });
      // No token of the issuer is kept.
      const kept = await readFile(join(homes, ann.subject, '.config/matryoshka/config.json'), 'utf8');
      expect(kept).not.toMatch(/eyJ/);
      expect(JSON.parse(kept)).toMatchObject({ oidc: 'corp' });
      const { rows } = await platform.controller.query(
        "select after from audit_records where action = 'auth.login' and user_id = $1",
        [`oidc:corp:${ann.subject}`],
      );
      expect(rows).toEqual([{ after: expect.objectContaining({ method: 'oidc', issuer: 'corp', role: 'operator' }) }]);
    },
  );

  it('asks which project, changes it without a password, and takes the highest role', async () => {
    const ann = newPerson({ groups: ['ops', 'all'] });
    const [one, two] = [await platform.newProject(), await platform.newProject()];
    await addMember(one, { kind: 'group', value: 'all', role: 'viewer' });
    await addMember(one, { kind: 'group', value: 'ops', role: 'admin' });
    await addMember(two, { kind: 'subject', value: ann.subject, role: 'viewer' });
    const unsaid = await ann.kaas(['login', '--oidc']);
    expect(unsaid.code).toBe(2);
    expect(unsaid.stderr).toMatch(/You have 2 projects; yours are .*project_required/);
    expect((await ann.kaas(['login', '--oidc', '--project', one])).code).toBe(0);
    expect(await whoami(ann)).toMatchObject({ role: 'admin', project: { id: one } });
    expect((await ann.kaas(['project', 'use', two])).code).toBe(0);
    expect(await whoami(ann)).toMatchObject({ role: 'viewer', project: { id: two } });
    const { items: listed } = JSON.parse((await ann.kaas(['project', 'list', '-o', 'json'])).stdout);
    expect(listed.map(({ id }: { readonly id: string }) => id).sort()).toEqual([one, two].sort());
  });

  it('that no project knows says what an administrator needs', async () => {
    const bob = newPerson({ groups: ['guests'] });
    // An address that is not verified is anybody's.
    const mallory = newPerson({ email: bob.email, email_verified: false });
    const refused = await bob.kaas(['login', '--oidc']);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(new RegExp(`subject ${bob.subject}; address ${bob.email}; groups guests`));
    expect(refused.stderr).toContain(`kaas member add corp --email ${bob.email}`);
    await addMember(await platform.newProject(), { kind: 'email', value: bob.email });
    expect((await bob.kaas(['login', '--oidc'])).code).toBe(0);
    expect((await mallory.kaas(['login', '--oidc'])).stderr).toContain('no verified address');
  });

  it('goes on after the issuer has changed its keys', async () => {
    const ann = newPerson();
    await addMember(await platform.newProject(), { kind: 'subject', value: ann.subject });
    expect((await ann.kaas(['login', '--oidc'])).code).toBe(0);
    await oidc.rotate();
    const isIn = async (): Promise<boolean> => (await ann.kaas(['login', '--oidc'])).code === 0;
    expect(await waitFor(isIn, { timeoutMs: 10_000, intervalMs: 200 })).toBe(true);
  });

  it('administers the service only from the provider’s project, as its administrator, in a group the provider named', async () => {
    await saveProject(platform.controller, { id: 'p-admin', name: 'admin', domainId: 'default' });
    await saveProject(platform.controller, { id: 'p-other', name: 'admin', domainId: 'of-a-customer' });
    const chief = newPerson({ groups: ['cloud-admins'] });
    const clerk = newPerson();
    for (const project of ['p-admin', 'p-other'])
      for (const { subject } of [chief, clerk])
        await addMember(project, { kind: 'subject', value: subject, role: 'admin' });
    const isProvider = async (person: Person, project: string): Promise<boolean> => {
      expect((await person.kaas(['login', '--oidc', '--project', project])).code).toBe(0);
      return (await whoami(person)).provider;
    };
    expect(await isProvider(chief, 'p-admin')).toBe(true);
    expect(await isProvider(chief, 'p-other')).toBe(false);
    expect(await isProvider(clerk, 'p-admin')).toBe(false);
  });

  it('names what is wrong when the issuer is not one of ours', async () => {
    const ann = newPerson();
    const refused = await ann.kaas(['login', '--oidc', 'cord']);
    expect(refused).toMatchObject({ code: 2 });
    expect(refused.stderr).toContain('the service trusts no issuer cord');
    expect((await ann.kaas(['login', '--list'])).stdout).toMatch(new RegExp(`corp +corp +${oidc.issuer}`));
  });
});

describe('a member', () => {
  it('that is removed loses sessions and tokens at once, and nobody else does', async () => {
    const [ann, bob] = [newPerson(), newPerson()];
    const projectId = await platform.newProject();
    const member = await addMember(projectId, { kind: 'email', value: ann.email, role: 'admin' });
    await addMember(projectId, { kind: 'email', value: bob.email, role: 'admin' });
    for (const person of [ann, bob]) expect((await person.kaas(['login', '--oidc'])).code).toBe(0);
    const [annToken, bobToken] = [await ann.kaas(['token', 'create', 'ci']), await bob.kaas(['token', 'create', 'ci'])];
    const isGood = async ({ stdout }: Run) => (await send(api.url, 'me.get', { token: stdout.trim() })).status === 200;
    expect([await isGood(annToken), await isGood(bobToken)]).toEqual([true, true]);

    const removed = await bob.kaas(['member', 'remove', ann.email]);
    expect(removed).toMatchObject({ code: 0, stderr: `the email ${ann.email} is no member any more\n` });
    expect([await isGood(annToken), await isGood(bobToken)]).toEqual([false, true]);
    expect((await ann.kaas(['whoami'])).stderr).toContain('unauthenticated');
    expect((await bob.kaas(['whoami'])).code).toBe(0);
    expect((await ann.kaas(['login', '--oidc'])).stderr).toContain('no_role');
    const { rows } = await platform.controller.query(
      "select after from audit_records where action = 'member.remove' and resource = $1",
      [member],
    );
    expect(rows).toEqual([{ after: { revokedTokens: [expect.stringMatching(/^tok-/)] } }]);
  });

  it('is there once, in the form it is compared in, and only of an issuer we trust', async () => {
    const projectId = await platform.newProject();
    const token = await platform.login(projectId, 'admin');
    const add = async (body: object) => await send(api.url, 'member.add', { token, body });
    const ann = { issuer: 'corp', kind: 'email', value: 'Ann@Example.com', role: 'viewer' };
    expect((await add(ann)).body).toMatchObject({ value: 'ann@example.com', createdBy: 'admin' });
    expect((await add({ ...ann, role: 'admin' })).body).toMatchObject({ code: 'member_exists' });
    expect((await add({ ...ann, issuer: 'corb' })).body).toMatchObject({
      violations: [{ pointer: '/issuer', code: 'unknown_issuer', suggestion: 'corp' }],
    });
    expect((await add({ ...ann, value: 'ann' })).body).toMatchObject({ violations: [{ pointer: '/value' }] });
    expect((await add({ ...ann, kind: 'group', value: ' ops' })).body).toMatchObject({
      violations: [{ pointer: '/value', suggestion: 'ops' }],
    });
    const listed = await send(api.url, 'member.list', { token: await platform.login(projectId, 'viewer') });
    expect(listed.body.items).toHaveLength(1);
  });
});
