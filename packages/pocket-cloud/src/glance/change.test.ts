import { describe, expect, it } from 'vitest';
import { patched, withFields } from './change.ts';
import type { ImageRow } from './rows.ts';
import { showImage } from './view.ts';

const row: ImageRow = {
  id: '8b9de6e9-751b-4404-a15e-724598d1bb53',
  project_id: 'p',
  name: 'deb',
  status: 'active',
  visibility: 'private',
  protected: 0,
  disk_format: 'raw',
  container_format: 'bare',
  min_disk: 0,
  min_ram: 0,
  size: 1,
  virtual_size: null,
  checksum: null,
  hash_value: null,
  tags: '[]',
  properties: '{"os_distro":"debian"}',
  created_at: '',
  updated_at: '',
};
const patch = (...operations: readonly unknown[]) => patched(row, operations);

describe('image changes', () => {
  it('keeps unknown fields as properties beside the fixed ones', () => {
    const image = showImage(withFields(row, { name: 'new', kubernetes_version: 'v1.36.3' }));
    expect(image).toMatchObject({ name: 'new', kubernetes_version: 'v1.36.3', os_distro: 'debian' });
  });

  it('adds, replaces and removes by JSON patch', () => {
    const result = patch(
      { op: 'add', path: '/a~1b', value: 'x' },
      { op: 'replace', path: '/name', value: 'y' },
      { op: 'remove', path: '/os_distro' },
    );
    expect(JSON.parse(result.properties)).toEqual({ 'a/b': 'x' });
    expect(result.name).toBe('y');
  });

  it.each([
    [{ op: 'replace', path: '/size', value: 2 }, 403],
    [{ op: 'remove', path: '/name' }, 403],
    [{ op: 'remove', path: '/absent' }, 409],
    [{ op: 'replace', path: '/visibility', value: 'everyone' }, 400],
    [{ op: 'add', path: '/x', value: 1 }, 400],
    [{ op: 'move', path: '/x' }, 400],
  ])('refuses %j', (operation, status) => {
    expect(() => patch(operation)).toThrow(expect.objectContaining({ status }));
  });
});
