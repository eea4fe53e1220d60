import { readdir, readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { openApiDocument } from '../openapi/document.ts';
import { breakingChanges } from './compare.ts';

type Loose = Record<string, unknown>;
const document = (): Loose => JSON.parse(JSON.stringify(openApiDocument())) as Loose;

/** What is told of a document after a change of a copy of it. `path` names an object in it. */
function changed(path: readonly string[], change: (object: Loose) => void): readonly string[] {
  const later = document();
  let object: Loose = later;
  for (const step of path) object = object[step] as Loose;
  change(object);
  return breakingChanges(document(), later);
}
const clusters = ['paths', '/v1/clusters'];
const schema = (name: string) => ['components', 'schemas', name];
const remove =
  (...names: readonly string[]) =>
  (object: Loose): void => {
    for (const name of names) delete object[name];
  };

describe('a document that was released', () => {
  it('is compatible with itself, and with additions', () => {
    expect(breakingChanges(document(), document())).toEqual([]);
    expect(changed(['paths'], (paths) => Object.assign(paths, { '/v1/new': { get: { operationId: 'x' } } }))).toEqual(
      [],
    );
    const added = { newMember: { type: 'string' } };
    expect(changed([...schema('Cluster'), 'properties'], (all) => Object.assign(all, added))).toEqual([]);
    expect(changed([...schema('ClusterCreate'), 'properties'], (all) => Object.assign(all, added))).toEqual([]);
  });

  it.each<readonly [string, readonly string[], (object: Loose) => void, RegExp]>([
    [
      'an operation',
      ['paths', '/v1/clusters/{clusterId}'],
      remove('delete'),
      /DELETE \/v1\/clusters\/\{clusterId\} is gone/,
    ],
    ['a path', ['paths'], remove('/v1/clusters'), /GET \/v1\/clusters is gone/],
    ['a member of an answer', [...schema('Cluster'), 'properties'], remove('endpoint', 'tier'), /\.tier is gone/],
    ['a member of a body', [...schema('ClusterCreate'), 'properties'], remove('tier'), /body\.tier is gone/],
    ['a status', [...clusters, 'post', 'responses'], remove('202'), /does not answer 202/],
  ])('is broken when %s goes', (_what, path, change, fault) => {
    expect(changed(path, change).join('\n')).toMatch(fault);
  });

  it.each<readonly [string, readonly string[], (object: Loose) => void, RegExp]>([
    [
      'a type',
      [...schema('Cluster'), 'properties', 'generation'],
      (o) => Object.assign(o, { type: 'string' }),
      /another type/,
    ],
    ['a name', [...clusters, 'get'], (o) => Object.assign(o, { operationId: 'cluster.all' }), /another name/],
    ['who may', [...clusters, 'get'], (o) => Object.assign(o, { 'x-access': 'admin' }), /demands more/],
    [
      'what is demanded',
      schema('ClusterCreate'),
      (o) => Object.assign(o, { required: ['name', 'tier'] }),
      /tier is demanded/,
    ],
    ['what is promised', schema('Cluster'), (o) => Object.assign(o, { required: ['id'] }), /\.name may be absent/],
    [
      'a bound',
      [...schema('Cordon'), 'properties', 'reason'],
      (o) => Object.assign(o, { maxLength: 5 }),
      /another maxLength/,
    ],
    [
      'a parameter',
      [...clusters, 'get', 'parameters', '0'],
      (o) => Object.assign(o, { required: true }),
      /demands query/,
    ],
    [
      'the values of a body',
      [...schema('ClusterCreate'), 'properties', 'tier'],
      (o) => Object.assign(o, { enum: ['ha'] }),
      /takes no "standard" any more/,
    ],
  ])('is broken by another %s', (_what, path, change, fault) => {
    expect(changed(path, change).join('\n')).toMatch(fault);
  });
});

it('the document of now breaks no client of a release', async () => {
  const folder = new URL('../../released/', import.meta.url);
  const released = (await readdir(folder)).filter((name) => name.endsWith('.json'));
  for (const file of released)
    expect(breakingChanges(JSON.parse(await readFile(new URL(file, folder), 'utf8')), document()), file).toEqual([]);
});
