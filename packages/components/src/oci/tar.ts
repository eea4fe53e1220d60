/** One entry of a tar file. `data` for files, `target` for symbolic links, neither for folders. */
export interface TarEntry {
  /** Relative path without a leading slash. */
  readonly path: string;
  readonly mode: number;
  readonly data?: Uint8Array;
  readonly target?: string;
}

const blockBytes = 512;

/**
 * A POSIX ustar archive (IEEE Std 1003.1, pax "ustar interchange format") that depends on nothing but its entries: sorted by path, owner 0, time 0.
 * Long paths and link targets go into pax extended headers.
 */
export function tar(entries: readonly TarEntry[]): Buffer {
  const parts: Buffer[] = [];
  for (const entry of withFolders(entries)) {
    const path = entry.data === undefined && entry.target === undefined ? `${entry.path}/` : entry.path;
    const records: string[] = [];
    if (Buffer.byteLength(path) > 100) records.push(paxRecord('path', path));
    if (Buffer.byteLength(entry.target ?? '') > 100) records.push(paxRecord('linkpath', entry.target ?? ''));
    if (records.length > 0) {
      const body = Buffer.from(records.join(''));
      parts.push(header('pax', 0o644, body.length, 'x', ''), padded(body));
    }
    const size = entry.data?.length ?? 0;
    const type = entry.data !== undefined ? '0' : entry.target !== undefined ? '2' : '5';
    parts.push(header(path, entry.mode, size, type, entry.target ?? ''));
    if (entry.data !== undefined) parts.push(padded(entry.data));
  }
  parts.push(Buffer.alloc(2 * blockBytes));
  return Buffer.concat(parts);
}

function withFolders(entries: readonly TarEntry[]): readonly TarEntry[] {
  const all = new Map<string, TarEntry>();
  for (const entry of entries) {
    const steps = entry.path.split('/');
    for (let i = 1; i < steps.length; i += 1) {
      const path = steps.slice(0, i).join('/');
      if (!all.has(path)) all.set(path, { path, mode: 0o755 });
    }
    all.set(entry.path, entry);
  }
  return [...all.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}

function paxRecord(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`;
  let length = Buffer.byteLength(rest) + 1;
  // The length counts its own digits.
  while (String(length).length + Buffer.byteLength(rest) !== length)
    length = String(length).length + Buffer.byteLength(rest);
  return `${length}${rest}`;
}

function header(path: string, mode: number, size: number, type: string, target: string): Buffer {
  const block = Buffer.alloc(blockBytes);
  block.write(path.slice(0, 100), 0, 100);
  const octal = (value: number, width: number): string => `${value.toString(8).padStart(width - 1, '0')}\0`;
  block.write(octal(mode, 8), 100);
  block.write(octal(0, 8), 108);
  block.write(octal(0, 8), 116);
  block.write(octal(size, 12), 124);
  block.write(octal(0, 12), 136);
  block.write('        ', 148);
  block.write(type, 156);
  block.write(target.slice(0, 100), 157, 100);
  block.write('ustar\x0000', 257);
  let sum = 0;
  for (const byte of block) sum += byte;
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return block;
}

function padded(data: Uint8Array): Buffer {
  const rest = data.length % blockBytes;
  return rest === 0 ? Buffer.from(data) : Buffer.concat([data, Buffer.alloc(blockBytes - rest)]);
}
