import { createPool, migrate, prepareDatabase } from '@matryoshka/postgres';
import { startTestPostgres } from '@matryoshka/testkit';
import { expect, it } from 'vitest';
import { databaseQueries } from './sources.ts';

it('asks the product database what its schema has, as the controller', async () => {
  const postgres = await startTestPostgres();
  try {
    const passwords = { owner: 'o', api: 'a', controller: 'c' };
    await prepareDatabase({ superuserUrl: postgres.superuserUrl, database: 'kaas', passwords });
    await migrate(postgres.url('kaas', 'kaas', 'o'));
    const pool = createPool(postgres.url('kaas', 'kaas_controller', 'c'));
    try {
      for (const [name, query] of databaseQueries)
        expect(await pool.query(query).then(() => 'answered', String), name).toBe('answered');
      const leaders = databaseQueries.find(([name]) => name === 'leaders')?.[1] ?? '';
      expect((await pool.query(leaders)).rows.length).toBeGreaterThan(0);
    } finally {
      await pool.end();
    }
  } finally {
    await postgres.stop();
  }
});
