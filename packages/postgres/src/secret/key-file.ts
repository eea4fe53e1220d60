import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { TypedError } from '@matryoshka/system';

/** A key's name: the first bytes of its SHA-256. */
export const keyIdBytes = 4;

/** Who holds the master keys: a file today, a key management service with the same two calls. They wrap short random keys only. */
export interface KeyWrapper {
  /** The key that wraps now. */
  current(): Promise<Buffer>;
  wrap(key: Buffer, context: string): Promise<{ readonly keyId: Buffer; readonly wrapped: Buffer }>;
  /** `keyId` undefined: not known, any may be it. Throws when none opens it. */
  unwrap(keyId: Buffer | undefined, wrapped: Buffer, context: string): Promise<Buffer>;
}

interface MasterKey {
  readonly id: Buffer;
  readonly key: Buffer;
}

/** Keys in memory; the first one wraps. */
export function fixedKeys(keys: readonly Buffer[]): KeyWrapper {
  const held = masterKeys(keys);
  return wrapperOf(async () => held);
}

/**
 * Keys in a file: one per line, 64 hexadecimal digits each; the first one wraps, the others only open what they once sealed. The file is read
 * again when it is older than `freshMs`, and for every key that is not known, so that a new first line needs no restart.
 * Throws TypedError `secret_key_file` or `bad_secret_key`.
 */
export async function keyFile(file: string, { freshMs = 10_000 } = {}): Promise<KeyWrapper> {
  let held = await readKeys(file);
  let readAt = performance.now();
  const refresh = async (): Promise<readonly MasterKey[]> => {
    readAt = performance.now();
    try {
      held = await readKeys(file);
    } catch {
      // Half written, or gone for a moment: what was read before still opens everything that was sealed.
    }
    return held;
  };
  return wrapperOf(
    async () => (performance.now() - readAt > freshMs ? await refresh() : held),
    async () => await refresh(),
  );
}

function wrapperOf(
  keys: () => Promise<readonly MasterKey[]>,
  again: () => Promise<readonly MasterKey[]> = keys,
): KeyWrapper {
  const first = async (): Promise<MasterKey> => {
    const [key] = await keys();
    if (key === undefined) throw new TypedError('There is no secret key', { code: 'bad_secret_key' });
    return key;
  };
  return {
    current: async () => (await first()).id,
    wrap: async (key, context) => {
      const { id, key: master } = await first();
      return { keyId: id, wrapped: encrypt(master, key, context) };
    },
    unwrap: async (keyId, wrapped, context) => {
      const fits = ({ id }: MasterKey): boolean => keyId === undefined || id.equals(keyId);
      let candidates = (await keys()).filter(fits);
      if (candidates.length === 0) candidates = (await again()).filter(fits);
      for (const { key } of candidates) {
        try {
          return decrypt(key, wrapped, context);
        } catch (error) {
          if (keyId !== undefined) throw error;
        }
      }
      throw new Error(keyId === undefined ? 'no key opens it' : `the key ${keyId.toString('hex')} is not there`);
    },
  };
}

function masterKeys(keys: readonly Buffer[]): readonly MasterKey[] {
  return keys.map((key) => {
    if (key.length !== 32)
      throw new TypedError(`The secret key has ${key.length} bytes, it needs 32`, { code: 'bad_secret_key' });
    return { key, id: createHash('sha256').update(key).digest().subarray(0, keyIdBytes) };
  });
}

async function readKeys(file: string): Promise<readonly MasterKey[]> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw new TypedError(`The secret key file cannot be read: ${file}`, {
      code: 'secret_key_file',
      next: 'Set KAAS_SECRET_KEY_FILE to a file with 64 hexadecimal digits (openssl rand -hex 32).',
      cause: error,
    });
  }
  const lines = text.split('\n').map((line) => line.trim());
  const keys = lines.filter((line) => line !== '');
  if (keys.length === 0 || !keys.every((line) => /^[0-9a-f]{64}$/i.test(line)))
    throw new TypedError(`The secret key file must hold 64 hexadecimal digits on each line: ${file}`, {
      code: 'bad_secret_key',
    });
  return masterKeys(keys.map((line) => Buffer.from(line, 'hex')));
}

const nonceBytes = 12;
const tagBytes = 16;
const algorithm = 'aes-256-gcm';
/** How much longer than its content a ciphertext is. */
export const overhead = nonceBytes + tagBytes;

/** AES-256-GCM (NIST SP 800-38D) with a random nonce; `context` is bound to it. */
export function encrypt(key: Buffer, data: Buffer, context: string): Buffer {
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv(algorithm, key, nonce).setAAD(Buffer.from(context));
  const body = Buffer.concat([cipher.update(data), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), body]);
}

/** The reverse of {@link encrypt}. Throws for another key, another context and changed bytes. */
export function decrypt(key: Buffer, data: Buffer, context: string): Buffer {
  const decipher = createDecipheriv(algorithm, key, data.subarray(0, nonceBytes), { authTagLength: tagBytes });
  decipher.setAAD(Buffer.from(context)).setAuthTag(data.subarray(nonceBytes, nonceBytes + tagBytes));
  return Buffer.concat([decipher.update(data.subarray(nonceBytes + tagBytes)), decipher.final()]);
}
