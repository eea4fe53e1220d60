import { startTestPostgres, type TestPostgres } from '@matryoshka/testkit';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createPool, migrate, type Pool, prepareDatabase, registerManagementCluster } from '../index.ts';

let server: TestPostgres;
let owner: Pool;
beforeAll(async () => {
  server = await startTestPostgres();
  const passwords = { owner: 'o', api: 'a', controller: 'c' };
  await prepareDatabase({ superuserUrl: server.superuserUrl, database: 'kaas', passwords });
  await migrate(server.url('kaas', 'kaas', 'o'));
  owner = createPool(server.superuserUrl.replace(/[/]postgres$/, '/kaas'));
  await owner.query("insert into projects (id, name) values ('p', 'p')");
  for (const name of places) await registerManagementCluster(owner, name, 'RegionOne');
});
afterAll(async () => {
  await owner?.end();
  await server?.stop();
});

const places = ['east', 'west'] as const;
const nth = fc.nat({ max: 7 });
const place = fc.constantFrom(...places);
const tier = fc.constantFrom('standard', 'ha');
type Step = readonly [sql: string, values: readonly unknown[]];
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ nth, place, tier }).map(
    ({ nth, place, tier }): Step => [
      `insert into clusters (id, project_id, name, kubernetes_version, tier, management_cluster, node_cidr, pod_cidr, service_cidr)
     values ('c-aaaaaaaaa' || $1, 'p', 'n' || $1, 'v1', $2, $3, '10.0.0.0/24', '10.1.0.0/16', '10.2.0.0/16') on conflict do nothing`,
      [nth, tier, place],
    ],
  ),
  fc
    .record({ nth, tier })
    .map(({ nth, tier }): Step => ["update clusters set tier = $2 where id = 'c-aaaaaaaaa' || $1", [nth, tier]]),
  fc
    .record({ nth, place })
    .map(
      ({ nth, place }): Step => [
        "update clusters set management_cluster = $2 where id = 'c-aaaaaaaaa' || $1",
        [nth, place],
      ],
    ),
  nth.map(
    (n): Step => ["update clusters set deleted_at = now() where id = 'c-aaaaaaaaa' || $1 and deleted_at is null", [n]],
  ),
  nth.map((n): Step => ["delete from clusters where id = 'c-aaaaaaaaa' || $1", [n]]),
);

it('counts control planes as they are placed, moved and removed, by several at once', async () => {
  const counted = async (sql: string) =>
    (await owner.query(`${sql} order by 1, 2, 3`)).rows.map((row) => Object.values(row).join(' '));
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(step, { maxLength: 4 }), { maxLength: 12 }), async (rounds) => {
      for (const steps of rounds) {
        // Those of a round run at the same time, each in its own transaction.
        await Promise.all(steps.map(async ([sql, values]) => await owner.query(sql, [...values])));
        expect(await counted('select * from placed_control_planes()')).toEqual(
          await counted(
            'select management_cluster, data_store, tier, count(*) from clusters where deleted_at is null group by 1, 2, 3',
          ),
        );
      }
    }),
    { numRuns: 60 },
  );
});
