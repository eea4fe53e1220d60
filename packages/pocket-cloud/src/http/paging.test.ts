import { describe, expect, it } from 'vitest';
import { ApiError } from './errors.ts';
import { listPage } from './paging.ts';

const items = ['a', 'b', 'c', 'd'].map((id, index) => ({ id, group: index % 2 === 0 ? 'even' : 'odd' }));
const page = (query: string) =>
  listPage({ query: new URLSearchParams(query), path: '/v2/things', baseUrl: 'http://host' }, items, {
    idOf: (item) => item.id,
    filters: { group: (item) => item.group },
    sortKeys: { id: (item) => item.id },
  });
const ids = (query: string): string =>
  page(query)
    .items.map((item) => item.id)
    .join('');

describe('listPage', () => {
  it('walks all pages by the links it gives, filters kept', () => {
    const first = page('group=even&limit=1');
    expect(first.items.map((item) => item.id)).toEqual(['a']);
    const next = new URL(first.next ?? '');
    expect(ids(next.search)).toBe('c');
    expect(page(next.search).next).toBeUndefined();
  });

  it('ignores filters it does not know and sorts by the ones it does', () => {
    expect(ids('colour=red')).toBe('abcd');
    expect(ids('sort_key=id&sort_dir=desc')).toBe('dcba');
    expect(ids('sort=id:desc&limit=2')).toBe('dc');
    expect(ids('sort_key=colour')).toBe('abcd');
  });

  it.each(['limit=-1', 'limit=x', 'marker=nobody'])('refuses %s', (query) => {
    expect(() => page(query)).toThrow(ApiError);
  });
});
