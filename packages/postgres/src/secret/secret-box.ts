import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { TypedError } from '@matryoshka/system';

/** Encrypts with a key that never lies in the database. `context` (owner and kind) is bound to the ciphertext: moved elsewhere, it does not open. */
export interface SecretBox {
  seal(plaintext: string, context: string): Buffer;
  /** Throws a typed error (`secret_unreadable`) for a wrong key, a wrong context or changed bytes. */
  open(ciphertext: Buffer, context: string): string;
}

const formatVersion = 1;
const nonceBytes = 12;
const tagBytes = 16;
const algorithm = 'aes-256-gcm';

/**
 * AES-256-GCM (NIST SP 800-38D) in two layers: each value has its own random key, which the master key wraps, so that the master key
 * encrypts only short random values and can be replaced by a KMS.
 */
export function createSecretBox(masterKey: Buffer): SecretBox {
  if (masterKey.length !== 32)
    throw new TypedError(`The secret key has ${masterKey.length} bytes, it needs 32`, { code: 'bad_secret_key' });
  return {
    seal: (plaintext, context) => {
      const dataKey = randomBytes(32);
      const wrapped = encrypt(masterKey, dataKey, context);
      return Buffer.concat([Buffer.from([formatVersion]), wrapped, encrypt(dataKey, Buffer.from(plaintext), context)]);
    },
    open: (ciphertext, context) => {
      try {
        if (ciphertext[0] !== formatVersion) throw new Error(`unknown format ${ciphertext[0]}`);
        const end = 1 + nonceBytes + tagBytes + 32;
        const dataKey = decrypt(masterKey, ciphertext.subarray(1, end), context);
        return decrypt(dataKey, ciphertext.subarray(end), context).toString('utf8');
      } catch (error) {
        throw new TypedError(`A stored secret cannot be read (${context})`, {
          code: 'secret_unreadable',
          next: 'Give back the key file this database was written with (KAAS_SECRET_KEY_FILE).',
          cause: error,
        });
      }
    },
  };
}

/** Reads a key file: 32 bytes as 64 hexadecimal digits. */
export async function loadSecretBox(file: string): Promise<SecretBox> {
  let text: string;
  try {
    text = (await readFile(file, 'utf8')).trim();
  } catch (error) {
    throw new TypedError(`The secret key file cannot be read: ${file}`, {
      code: 'secret_key_file',
      next: 'Set KAAS_SECRET_KEY_FILE to a file with 64 hexadecimal digits (openssl rand -hex 32).',
      cause: error,
    });
  }
  if (!/^[0-9a-f]{64}$/i.test(text))
    throw new TypedError(`The secret key file must hold 64 hexadecimal digits: ${file}`, { code: 'bad_secret_key' });
  return createSecretBox(Buffer.from(text, 'hex'));
}

function encrypt(key: Buffer, data: Buffer, context: string): Buffer {
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv(algorithm, key, nonce).setAAD(Buffer.from(context));
  const body = Buffer.concat([cipher.update(data), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), body]);
}

function decrypt(key: Buffer, data: Buffer, context: string): Buffer {
  const decipher = createDecipheriv(algorithm, key, data.subarray(0, nonceBytes), { authTagLength: tagBytes });
  decipher.setAAD(Buffer.from(context)).setAuthTag(data.subarray(nonceBytes, nonceBytes + tagBytes));
  return Buffer.concat([decipher.update(data.subarray(nonceBytes + tagBytes)), decipher.final()]);
}
