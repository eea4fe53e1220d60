import { describe, expect, it } from 'vitest';
import { cloudIn } from '../support/cloud.ts';
import { kaas, kaasJson, kaasOk, kubectl } from '../support/platform.ts';
import { sql } from '../support/sql.ts';

const idOf = async (name: string): Promise<string> =>
  (await kaasJson<{ readonly id: string }>(['cluster', 'get', name])).id;

/** By what each Secret of a cluster is stored: the beginning of its newest value in the database, without what follows the name of the key. */
async function storedBy(id: string): Promise<readonly string[]> {
  const values = await sql(
    id.replace('-', '_'),
    `select distinct split_part(encode(substring(value from 1 for 40), 'escape'), ':', 5) from (select distinct on (name) * from kine
     where name like '/registry/secrets/%' order by name, id desc) newest where deleted = 0`,
  );
  return values;
}

/** Ids of the application credentials of a cluster's service user. */
async function applicationCredentials(id: string): Promise<readonly string[]> {
  const { cloud } = await cloudIn('admin');
  const [user] = await cloud.keystone.users.list({ name: `matryoshka-${id}` });
  const list = await cloud.keystone.applicationCredentials(user?.id ?? '').list({});
  return list.map((credential) => credential.id);
}

/** What a cluster is served by is exchanged under it. */
export function keyStories(name: string): void {
  describe('keys', () => {
    const read = async (): Promise<string> =>
      await kubectl(name, ['get', 'secret', 'sealed', '-o', 'jsonpath={.data.word}']);

    it('Secrets are stored with a key, which is exchanged, and backups of before can be restored', {
      timeout: 1_200_000,
    }, async () => {
      const id = await idOf(name);
      const word = Buffer.from('sesame').toString('base64');
      await kubectl(name, ['create', 'secret', 'generic', 'sealed', '--from-literal=word=sesame']);
      expect(await storedBy(id)).toEqual(['k1']);
      await kaasOk(['backup', 'create', name, '--wait']);
      const { items } = await kaasJson<{ readonly items: readonly { readonly id: string }[] }>([
        'backup',
        'list',
        name,
      ]);

      await kaasOk(['key', 'rotate', name, 'encryption', '--wait']);
      expect(await storedBy(id)).toEqual(['k2']);
      expect(await read()).toBe(word);
      await kubectl(name, ['delete', 'secret', 'sealed']);

      await kaasOk(['backup', 'restore', name, items[0]?.id ?? '', '--wait']);
      expect(await read()).toBe(word);
      expect(await storedBy(id), 'what came back is stored with the key of now').toEqual(['k2']);
    });

    it('the OpenStack credential is exchanged, and the old one is gone', { timeout: 600_000 }, async () => {
      const id = await idOf(name);
      const before = await applicationCredentials(id);
      expect(before).toHaveLength(1);
      const nodes = await kubectl(name, ['get', 'nodes', '-o', 'name']);
      expect(await kaas(['key', 'rotate', name, 'front-door'])).toMatchObject({ code: 2 });
      await kaasOk(['key', 'rotate', name, 'openstack-credential', '--wait']);
      const after = await applicationCredentials(id);
      expect(after).toHaveLength(1);
      expect(after).not.toEqual(before);
      expect(await kubectl(name, ['get', 'nodes', '-o', 'name']), 'no worker was replaced').toBe(nodes);
      const { items } = await kaasJson<{ readonly items: readonly object[] }>(['key', 'list', name]);
      expect(items).toMatchObject([
        { key: 'openstack-credential', state: 'current' },
        { key: 'encryption', state: 'current' },
      ]);
    });
  });
}
