import { describe, expect, it } from 'vitest';
import { openStore } from '../store/index.ts';
import { migrations } from './migrations.ts';
import { checkQuota } from './quotas.ts';
import { flavorById } from './rows.ts';

describe('checkQuota', () => {
  it('names every resource that is exceeded, in the words of Nova', () => {
    const store = openStore(':memory:', migrations);
    const flavor = flavorById(store, '5');
    if (flavor === undefined) throw new Error('no flavor');
    checkQuota(store, 'p', flavor);
    store.run("insert into quota values ('p', 'cores', 3), ('p', 'ram', 100)");
    expect(() => checkQuota(store, 'p', flavor)).toThrow(
      'Quota exceeded for cores, ram: Requested 4, 8192, but already used 0, 0 of 3, 100 cores, ram',
    );
    store.run('update quota set value = -1');
    checkQuota(store, 'p', flavor);
    store.close();
  });
});
