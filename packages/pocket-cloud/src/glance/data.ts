import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { hasErrnoCode } from '@matryoshka/system';
import { ApiError } from '../http/index.ts';

export interface StoredData {
  readonly size: number;
  readonly md5: string;
  readonly sha512: string;
}

/** Streams an upload to its file; nothing is left of a broken one. 507 when the disk is full. */
export async function storeData(source: Readable, file: string): Promise<StoredData> {
  await mkdir(dirname(file), { recursive: true });
  const temporary = `${file}.part`;
  const md5 = createHash('md5');
  const sha512 = createHash('sha512');
  let size = 0;
  const meter = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      size += chunk.length;
      md5.update(chunk);
      sha512.update(chunk);
      done(null, chunk);
    },
  });
  try {
    await pipeline(source, meter, createWriteStream(temporary));
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    if (hasErrnoCode(error, 'ENOSPC'))
      throw new ApiError(
        413,
        'Image storage media is full: There is not enough disk space on the image storage media.',
      );
    throw error;
  }
  return { size, md5: md5.digest('hex'), sha512: sha512.digest('hex') };
}

export function readData(file: string): Readable {
  return createReadStream(file);
}
