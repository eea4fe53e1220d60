import {
  inFleet,
  insertPriceList,
  newPriceListId,
  replaceNodes,
  replaceResources,
  usageLines,
} from '@matryoshka/postgres';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { send } from '../testing/http.ts';
import { newNode } from '../testing/node.ts';
import { startTestPlatform, type TestApi, type TestPlatform } from '../testing/platform.ts';

// What was used is compared with a history that a trigger of the test keeps: every state that was ever committed, with the time of its transaction.

let platform: TestPlatform;
let api: TestApi;
beforeAll(async () => {
  platform = await startTestPlatform();
  api = await platform.startApi({ budgetIntervalMs: 50 });
  await platform.asSuperuser(`
    create table history (at timestamptz, cluster_id text, item text, resource text, sku text, quantity numeric);
    create function remember() returns trigger language plpgsql security definer as $$
    begin
      if tg_table_name = 'nodes' and tg_op = 'DELETE' then insert into history values (now(), old.cluster_id, 'node', old.name, null, null);
      elsif tg_table_name = 'nodes' then
        insert into history values (now(), new.cluster_id, 'node', new.name, new.flavor,
          case when new.ready_at is null or new.state = 'deleting' then null else 1 end);
      elsif tg_table_name = 'clusters' then
        insert into history values (now(), new.id, 'control-plane', new.id, new.tier,
          case when new.ready_at is null or new.delete_requested_at is not null then null else 1 end);
      elsif tg_op = 'DELETE' then insert into history values (now(), old.cluster_id, old.kind, old.id, null, null);
      else insert into history values (now(), new.cluster_id, new.kind, new.id, '', coalesce(new.size_gib, 1));
      end if;
      return null;
    end $$;
    create trigger remember after insert or update or delete on nodes for each row execute function remember();
    create trigger remember after insert or update on clusters for each row execute function remember();
    create trigger remember after insert or update or delete on cluster_resources for each row execute function remember();`);
});
afterAll(async () => await platform?.stop());

async function newCluster(): Promise<{ readonly id: string; readonly projectId: string; readonly token: string }> {
  const projectId = await platform.newProject();
  const token = await platform.login(projectId, 'admin');
  const id = (await send(api.url, 'cluster.create', { token, body: { name: 'one' } })).body.clusterId;
  return { id, projectId, token };
}

const setPhase = async (id: string, phase: string): Promise<void> => {
  await platform.controller.query('update clusters set phase = $2 where id = $1', [id, phase]);
};

type Step =
  | {
      readonly kind: 'nodes';
      readonly states: readonly ('provisioning' | 'ready' | 'not-ready' | 'deleting' | 'gone')[];
    }
  | { readonly kind: 'volumes'; readonly sizes: readonly number[] }
  | { readonly kind: 'phase'; readonly phase: 'ready' | 'degraded' | 'updating' }
  | { readonly kind: 'tier'; readonly tier: 'standard' | 'ha' }
  | { readonly kind: 'delete' };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constant('nodes' as const),
    states: fc.array(fc.constantFrom('provisioning', 'ready', 'not-ready', 'deleting', 'gone'), { maxLength: 3 }),
  }),
  fc.record({
    kind: fc.constant('volumes' as const),
    sizes: fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 3 }),
  }),
  fc.record({ kind: fc.constant('phase' as const), phase: fc.constantFrom('ready', 'degraded', 'updating') }),
  fc.record({ kind: fc.constant('tier' as const), tier: fc.constantFrom('standard', 'ha') }),
  fc.record({ kind: fc.constant('delete' as const) }),
);

/** One step in four. */
const crashed = fc.integer({ min: 0, max: 3 }).map((n) => n === 0);

/** Does a step in a transaction, which the process does not live to see the end of, if it crashes. */
async function take(
  cluster: { readonly id: string; readonly projectId: string },
  what: Step,
  crash: boolean,
): Promise<void> {
  const { id, projectId } = cluster;
  const client = await platform.controller.connect();
  try {
    await client.query('begin');
    if (what.kind === 'nodes')
      await replaceNodes(
        client,
        cluster,
        what.states.flatMap((state, n) => (state === 'gone' ? [] : [newNode(`w-${n}`, { state })])),
      );
    if (what.kind === 'volumes')
      await replaceResources(
        client,
        ['volume'],
        what.sizes.flatMap((sizeGib, n) =>
          sizeGib === 0
            ? []
            : [
                {
                  ...{
                    clusterId: id,
                    projectId,
                    kind: 'volume' as const,
                    id: `${id}-${n}`,
                    name: 'v',
                    status: 'in-use',
                  },
                  ...{ usedBy: null, address: null, sizeGib, createdAt: null },
                },
              ],
        ),
      );
    if (what.kind === 'phase') await client.query('update clusters set phase = $2 where id = $1', [id, what.phase]);
    if (what.kind === 'tier') await client.query('update clusters set tier = $2 where id = $1', [id, what.tier]);
    if (what.kind === 'delete')
      await client.query(
        'update clusters set delete_requested_at = coalesce(delete_requested_at, now()) where id = $1',
        [id],
      );
    await client.query(crash ? 'rollback' : 'commit');
  } finally {
    client.release();
  }
}

interface Used {
  readonly item: string;
  readonly sku: string;
  readonly seconds: string;
}

/** The seconds (times GiB) of every item and kind, as the history tells them. */
const fromHistory = async (clusterId: string, until: Date): Promise<readonly Used[]> =>
  (
    await platform.controller.query<Used>(
      `with states as (
         select *, lead(at, 1, $2::timestamptz) over (partition by item, resource order by at) as until from history where cluster_id = $1
       )
       select item, sku, trim_scale(sum(quantity * extract(epoch from until - at)))::text as seconds
       from states where quantity is not null and until > at group by item, sku order by item, sku`,
      [clusterId, until],
    )
  ).rows;

const fromSpans = async (clusterId: string, until: Date): Promise<readonly Used[]> =>
  (
    await platform.controller.query<Used>(
      `select item, sku, trim_scale(sum(quantity * extract(epoch from coalesce(ended_at, $2) - started_at)))::text as seconds
       from usage_spans where cluster_id = $1 and coalesce(ended_at, $2) > started_at group by item, sku order by item, sku`,
      [clusterId, until],
    )
  ).rows;

describe('usage', () => {
  it('is to the microsecond what the committed states were, whatever happens and crashes', async () => {
    await platform.asSuperuser('grant select on history to kaas_controller');
    let compared = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(step, crashed), { minLength: 1, maxLength: 15 }), async (steps) => {
        const cluster = await newCluster();
        for (const [what, crash] of steps) await take(cluster, what, crash);
        const until = new Date(Date.now() + 5_000);
        const used = await fromHistory(cluster.id, until);
        expect(await fromSpans(cluster.id, until)).toEqual(used);
        compared += used.length;
        const overlapping = await platform.controller.query(
          `select 1 from usage_spans a join usage_spans b on (a.cluster_id, a.item, a.resource_id) = (b.cluster_id, b.item, b.resource_id)
             and a.id < b.id and tstzrange(a.started_at, a.ended_at) && tstzrange(b.started_at, b.ended_at) where a.cluster_id = $1`,
          [cluster.id],
        );
        expect(overlapping.rows).toEqual([]);
      }),
      { numRuns: 100 },
    );
    expect(compared).toBeGreaterThan(50);
  });

  it('is written by nobody but the triggers', async () => {
    for (const pool of [platform.controller, api.pool])
      await expect(pool.query('delete from usage_spans')).rejects.toThrow('permission denied');
  });
});

describe('cost', () => {
  // Whole hours of 2026-10, two price lists, and nothing that runs: sums that a person can check.
  const at = (text: string): Date => new Date(`2026-10-${text}:00:00Z`);
  const span = async (
    { id, projectId }: { readonly id: string; readonly projectId: string },
    [item, sku, resource, quantity, from, to]: readonly [string, string, string, number, string, string],
  ) =>
    await platform.asSuperuser(
      `insert into usage_spans (project_id, cluster_id, item, sku, resource_id, resource_name, quantity, started_at, ended_at)
       values ('${projectId}', '${id}', '${item}', '${sku}', '${resource}', 'x', ${quantity}, '${at(from).toISOString()}', '${at(to).toISOString()}')`,
    );

  it('is what was used times the price of its time, with its own price before the general one', async () => {
    const cluster = await newCluster();
    const { token, projectId } = cluster;
    const price = (item: 'node' | 'volume' | 'control-plane', sku: string, perHour: string) => ({ item, sku, perHour });
    const lists = [
      {
        validFrom: at('02T00'),
        prices: [price('node', '', '0.1'), price('node', 'm1.medium', '0.3'), price('volume', '', '0.001')],
      },
      { validFrom: at('03T00'), prices: [price('node', '', '0.2'), price('volume', '', '0.0005')] },
    ];
    for (const list of lists)
      await inFleet(
        api.pool,
        async (tx) =>
          await insertPriceList(tx, { id: newPriceListId(), currency: 'EUR', createdBy: 'provider', ...list }),
      );
    await span(cluster, ['node', 'm1.small', 'w-1', 1, '01T12', '02T12']);
    await span(cluster, ['node', 'm1.small', 'w-2', 1, '02T20', '03T04']);
    await span(cluster, ['node', 'm1.medium', 'w-3', 1, '02T00', '02T10']);
    await span(cluster, ['volume', '', 'v', 10, '02T23', '03T01']);
    await span(cluster, ['control-plane', 'ha', cluster.id, 1, '02T00', '02T10']);
    const query = { from: at('01T00').toISOString(), to: at('05T00').toISOString() };
    const { body } = await send(api.url, 'usage.get', { token, query });
    expect(body).toMatchObject({ currency: 'EUR', total: '5.415' });
    const line = ({ item, sku, quantity, perHour, cost }: Record<string, string>) =>
      `${item} ${sku} ${quantity} ${perHour} ${cost}`;
    expect(body.lines.map(line)).toEqual(
      [
        'control-plane ha 10 null null',
        'node m1.medium 10 0.3 3',
        'node m1.small 12 null null',
        'node m1.small 16 0.1 1.6',
        'node m1.small 4 0.2 0.8',
        'volume  10 0.0005 0.005',
        'volume  10 0.001 0.01',
      ].toSorted(),
    );
    const days = await send(api.url, 'usage.get', { token, query: { ...query, interval: 'day' } });
    const sums = new Map<string, number>();
    for (const { from, cost } of days.body.lines)
      sums.set(from.slice(8, 10), (sums.get(from.slice(8, 10)) ?? 0) + Number(cost));
    expect([...sums].map(([day, sum]) => `${day} ${sum.toFixed(3)}`)).toEqual(['01 0.000', '02 4.610', '03 0.805']);
    expect(days.body.total).toBe('5.415');
    const own = await inFleet(
      api.pool,
      async (tx) =>
        await usageLines(tx, { from: at('01T00'), to: at('05T00'), runningUntil: at('05T00'), interval: 'total' }),
    );
    expect(new Set(own.map((of) => of.projectId))).toEqual(new Set([projectId]));
    expect((await send(api.url, 'usage.get', { token, query: { ...query, interval: 'hour' } })).status).toBe(200);
    const refused = await send(api.url, 'usage.get', { token, query: { from: '2020-01-01T00:00:00Z' } });
    expect(refused).toMatchObject({ status: 422, body: { violations: [{ pointer: '?from' }] } });
  });

  it('is told in advance: of a plan, of a deletion, of what runs; and once when it reaches the budget', async () => {
    const provider = await platform.login(await platform.newProject(), 'viewer', {
      expiresAt: new Date(Date.now() + 3_600_000),
      isProvider: true,
    });
    const prices = [
      { item: 'control-plane', sku: 'ha', perHour: '0.2' },
      { item: 'control-plane', sku: '', perHour: '0.1' },
      { item: 'node', sku: 'm1.small', perHour: '0.05' },
    ];
    const published = await send(api.url, 'price.publish', { token: provider, body: { currency: 'EUR', prices } });
    expect(published.status).toBe(201);
    const begun = await send(api.url, 'price.withdraw', {
      token: provider,
      params: { priceListId: published.body.id },
    });
    expect(begun).toMatchObject({ status: 409, body: { code: 'price_list_begun' } });
    const cluster = await newCluster();
    const { token, id: clusterId } = cluster;
    const body = { name: 'planned', tier: 'ha', pools: [{ name: 'w', flavor: 'm1.small', count: 2 }] };
    const plan = (await send(api.url, 'cluster.plan', { token, body })).body;
    expect(plan.price).toEqual({ currency: 'EUR', perHour: '0.3', perMonth: '219' });
    expect(plan.creates.find(({ kind }: { kind: string }) => kind === 'worker-pool')).toMatchObject({ perMonth: '73' });
    const deletion = (await send(api.url, 'deletion.plan', { token, params: { clusterId } })).body;
    expect(deletion).toMatchObject({ currency: 'EUR', items: [{ kind: 'control-plane', perMonth: '73' }, {}, {}, {}] });
    const flavors = (await send(api.url, 'flavor.list', { token })).body.items;
    expect(flavors.map(({ perHour }: { perHour: string | null }) => perHour)).toEqual(['0.05', null]);

    expect((await send(api.url, 'cost.get', { token })).body).toMatchObject({
      spent: '0',
      forecast: '0',
      clusters: [],
    });
    await setPhase(clusterId, 'ready');
    await replaceNodes(platform.controller, cluster, [newNode('w-1')]);
    const cost = (await send(api.url, 'cost.get', { token })).body;
    expect(cost).toMatchObject({ currency: 'EUR', perMonth: '109.5', clusters: [{ clusterId, perMonth: '109.5' }] });
    expect(Number(cost.forecast)).toBeGreaterThan(Number(cost.spent));

    await send(api.url, 'budget.set', { token, body: { amount: '0.000000001', thresholds: [100, 50] } });
    const reached = async () =>
      (
        await platform.controller.query<{ basis: string; threshold: number }>(
          `select data ->> 'basis' as basis, (data -> 'threshold')::int as threshold from events
           where project_id = $1 and type = 'budget.reached' order by sequence`,
          [cluster.projectId],
        )
      ).rows.map(({ basis, threshold }) => `${basis} ${threshold}`);
    await expect.poll(reached, { timeout: 20_000 }).toEqual(['spent 50', 'spent 100', 'forecast 50', 'forecast 100']);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(await reached(), 'once').toHaveLength(4);
    const nothing = await send(api.url, 'budget.set', { token, body: { amount: '0.00' } });
    expect(nothing).toMatchObject({ status: 422, body: { violations: [{ pointer: '/amount' }] } });
    expect((await send(api.url, 'budget.delete', { token })).status).toBe(204);
    expect((await send(api.url, 'cost.get', { token })).body.budget).toBeNull();
  });
});
