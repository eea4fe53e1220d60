import { randomBytes } from 'node:crypto';
import { TypedError } from '@matryoshka/system';
import { decrypt, encrypt, type KeyWrapper, keyIdBytes, overhead } from './key-file.ts';

/** Encrypts with a key that never lies in the database. `context` (owner and kind) is bound to the ciphertext: moved elsewhere, it does not open. */
export interface SecretBox {
  seal(plaintext: string, context: string): Promise<Buffer>;
  /** Throws a typed error (`secret_unreadable`) for a wrong key, a wrong context or changed bytes. */
  open(ciphertext: Buffer, context: string): Promise<string>;
  /** The same secret under the key that seals now. Throws as `open` does. */
  rewrap(ciphertext: Buffer, context: string): Promise<Buffer>;
  /** How everything begins that is under the key that seals now. */
  prefix(): Promise<Buffer>;
}

// Format 1: wrapped key of fixed length, content. Format 2: id of the master key, length of the wrapped key, wrapped key, content.
const firstFormat = 1;
const format = 2;
const dataKeyBytes = 32;

interface Parts {
  readonly keyId: Buffer | undefined;
  readonly wrapped: Buffer;
  readonly content: Buffer;
}

/**
 * Two layers: each value has its own random key (AES-256-GCM), which a master key wraps, so that the master key encrypts only short random
 * values, can be replaced without touching what is sealed, and may be held by a KMS.
 */
export function createSecretBox(keys: KeyWrapper): SecretBox {
  const assemble = async (dataKey: Buffer, content: Buffer, context: string): Promise<Buffer> => {
    const { keyId, wrapped } = await keys.wrap(dataKey, context);
    const length = Buffer.alloc(2);
    length.writeUInt16BE(wrapped.length);
    return Buffer.concat([Buffer.from([format]), keyId, length, wrapped, content]);
  };
  const readably = async <T>(context: string, work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw new TypedError(`A stored secret cannot be read (${context})`, {
        code: 'secret_unreadable',
        next: 'Give back the key this database was written with, as a further line of KAAS_SECRET_KEY_FILE.',
        cause: error,
      });
    }
  };
  return {
    seal: async (plaintext, context) => {
      const dataKey = randomBytes(dataKeyBytes);
      return await assemble(dataKey, encrypt(dataKey, Buffer.from(plaintext), context), context);
    },
    open: async (ciphertext, context) =>
      await readably(context, async () => {
        const { keyId, wrapped, content } = partsOf(ciphertext);
        return decrypt(await keys.unwrap(keyId, wrapped, context), content, context).toString('utf8');
      }),
    rewrap: async (ciphertext, context) =>
      await readably(context, async () => {
        const { keyId, wrapped, content } = partsOf(ciphertext);
        const dataKey = await keys.unwrap(keyId, wrapped, context);
        // What does not open must not look fresh.
        decrypt(dataKey, content, context);
        return await assemble(dataKey, content, context);
      }),
    prefix: async () => Buffer.concat([Buffer.from([format]), await keys.current()]),
  };
}

function partsOf(ciphertext: Buffer): Parts {
  if (ciphertext[0] === firstFormat) {
    const end = 1 + overhead + dataKeyBytes;
    return { keyId: undefined, wrapped: ciphertext.subarray(1, end), content: ciphertext.subarray(end) };
  }
  if (ciphertext[0] !== format) throw new Error(`unknown format ${ciphertext[0]}`);
  const start = 1 + keyIdBytes + 2;
  const end = start + ciphertext.readUInt16BE(1 + keyIdBytes);
  return {
    keyId: ciphertext.subarray(1, 1 + keyIdBytes),
    wrapped: ciphertext.subarray(start, end),
    content: ciphertext.subarray(end),
  };
}
