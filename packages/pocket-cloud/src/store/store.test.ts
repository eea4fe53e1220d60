import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openStore } from './store.ts';

const first = { service: 'a', version: 1, sql: 'create table thing (id integer primary key) strict' };
const second = { service: 'a', version: 2, sql: 'alter table thing add column name text' };
let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'pocket-store-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

describe('openStore', () => {
  it('keeps rows when a newer program adds a migration, and refuses the older one afterwards', () => {
    const path = join(directory, 'state.sqlite');
    const old = openStore(path, [first]);
    old.run('insert into thing values (7)');
    old.close();
    const newer = openStore(path, [first, second]);
    expect(newer.all('select * from thing')).toEqual([{ id: 7, name: null }]);
    newer.close();
    expect(() => openStore(path, [first])).toThrow(/newer pocket cloud/);
  });

  it('leaves nothing of a transaction that fails, nested ones included', () => {
    const store = openStore(':memory:', [first]);
    const work = (): void =>
      store.transaction(() => {
        store.transaction(() => store.run('insert into thing values (1)'));
        throw new Error('broken');
      });
    expect(work).toThrow('broken');
    expect(store.all('select * from thing')).toEqual([]);
    store.close();
  });

  it('leaves the old tables when a migration fails', () => {
    const path = join(directory, 'state.sqlite');
    openStore(path, [first]).close();
    expect(() => openStore(path, [first, { ...second, sql: 'create table other (id integer); nonsense' }])).toThrow();
    const store = openStore(path, [first]);
    expect(store.all("select name from sqlite_master where name = 'other'")).toEqual([]);
    store.close();
  });
});
