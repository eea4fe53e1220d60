import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createSecretBox } from './secret-box.ts';

describe('the secret box', () => {
  const box = createSecretBox(randomBytes(32));

  it('opens what it sealed, and never seals the same twice', () => {
    const first = box.seal('geheim', 'c-1/kubeconfig');
    expect(box.open(first, 'c-1/kubeconfig')).toBe('geheim');
    expect(box.seal('geheim', 'c-1/kubeconfig').equals(first)).toBe(false);
    expect(first.includes('geheim')).toBe(false);
  });

  it('refuses another place, another key, and every changed byte', () => {
    const sealed = box.seal('geheim', 'c-1/kubeconfig');
    const refused = /cannot be read/;
    expect(() => box.open(sealed, 'c-2/kubeconfig')).toThrow(refused);
    expect(() => createSecretBox(randomBytes(32)).open(sealed, 'c-1/kubeconfig')).toThrow(refused);
    for (let index = 0; index < sealed.length; index += 1) {
      const changed = Buffer.from(sealed);
      changed.writeUInt8(changed.readUInt8(index) ^ 1, index);
      expect(() => box.open(changed, 'c-1/kubeconfig')).toThrow(refused);
    }
    expect(() => box.open(Buffer.alloc(3), 'c-1/kubeconfig')).toThrow(refused);
  });

  it('demands a key of 32 bytes', () => {
    expect(() => createSecretBox(Buffer.alloc(16))).toThrow(/needs 32/);
  });
});
