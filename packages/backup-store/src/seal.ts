import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { createGunzip, createGzip } from 'node:zlib';
import { TypedError } from '@matryoshka/system';
import { Decrypter, Encrypter, generateX25519Identity, identityToRecipient } from 'age-encryption';

/** The secret with which backups are opened, as `age-keygen` writes one (age-encryption.org/v1, X25519). */
export async function newIdentity(): Promise<string> {
  return await generateX25519Identity();
}

/** The identity in a file of `age-keygen`: its only line that is no comment. Throws TypedError `bad_backup_identity`. */
export function parseIdentity(text: string): string {
  const lines = text.split('\n').map((line) => line.trim());
  const [identity, ...more] = lines.filter((line) => line !== '' && !line.startsWith('#'));
  if (identity === undefined || more.length > 0 || !/^AGE-SECRET-KEY-1[0-9A-Z]+$/.test(identity))
    throw new TypedError('the file of the backup identity holds no single AGE-SECRET-KEY-1…', {
      code: 'bad_backup_identity',
      next: 'Make one with age-keygen, or take back the one that was there: older backups are opened with it.',
    });
  return identity;
}

/** Compressed, then encrypted: `age --decrypt --identity FILE | gunzip` opens it, too. An error of the source is one of the answer. */
export async function seal(content: Readable, identity: string): Promise<Readable> {
  const encrypter = new Encrypter();
  encrypter.addRecipient(await identityToRecipient(identity));
  const zipped = piped(content, createGzip());
  return fromWeb(await encrypter.encrypt(toWeb(zipped)));
}

/** What was sealed. Errors of the stream: what was changed, cut off, or sealed for another identity. */
export async function unseal(sealed: Readable, identity: string): Promise<Readable> {
  const decrypter = new Decrypter();
  decrypter.addIdentity(identity);
  try {
    return piped(fromWeb(await decrypter.decrypt(toWeb(sealed))), createGunzip());
  } catch (error) {
    sealed.destroy();
    throw new TypedError('the backup cannot be opened with the backup identity of this installation', {
      code: 'backup_unreadable',
      actor: 'provider',
      cause: error,
    });
  }
}

function piped<T extends NodeJS.ReadWriteStream & Readable & { destroy(error?: Error): unknown }>(
  from: Readable,
  to: T,
): T {
  from.on('error', (error) => to.destroy(error));
  // Whoever reads may come later than the error: they find it in the stream, and nobody else must die of it.
  to.on('error', () => undefined);
  to.once('close', () => from.destroy());
  return from.pipe(to);
}

type Bytes = globalThis.ReadableStream<Uint8Array<ArrayBuffer>>;
const toWeb = (stream: Readable): Bytes => Readable.toWeb(stream) as unknown as Bytes;
const fromWeb = (stream: unknown): Readable => Readable.fromWeb(stream as ReadableStream);
