import { expect, it } from 'vitest';
import { routes } from './routes.ts';
import { routesModule, wordsModule } from './routes-page.ts';
import { operations } from './table.ts';

it('is committed as the table makes it now (write it anew with --update)', async () => {
  await expect(routesModule()).toMatchFileSnapshot(new URL('routes.ts', import.meta.url).pathname);
  await expect(wordsModule()).toMatchFileSnapshot(new URL('words.ts', import.meta.url).pathname);
});

it('has every operation', () => {
  expect(Object.keys(routes)).toEqual(Object.keys(operations));
});
