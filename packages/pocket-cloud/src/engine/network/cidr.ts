/** An IPv4 prefix as numbers: `base` is the first address, `last` the last one. */
export interface Cidr {
  readonly base: number;
  readonly last: number;
  readonly prefixLength: number;
}

/** The number of a dotted IPv4 address; undefined when the text is not one. */
export function parseAddress(text: string): number | undefined {
  const parts = text.split('.');
  if (parts.length !== 4) return undefined;
  let value = 0;
  for (const part of parts) {
    if (!/^(0|[1-9][0-9]{0,2})$/.test(part) || Number(part) > 255) return undefined;
    value = value * 256 + Number(part);
  }
  return value;
}

/** Dotted notation of an address number. */
export function formatAddress(value: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.');
}

/** Reads `a.b.c.d/n` (a bare address counts as /32); host bits are cleared. Undefined when the text is not IPv4. */
export function parseCidr(text: string): Cidr | undefined {
  const [address = '', length = '32', ...rest] = text.split('/');
  const value = parseAddress(address);
  if (value === undefined || rest.length > 0 || !/^[0-9]{1,2}$/.test(length) || Number(length) > 32) return undefined;
  const size = 2 ** (32 - Number(length));
  const base = Math.floor(value / size) * size;
  return { base, last: base + size - 1, prefixLength: Number(length) };
}

/** Like {@link parseCidr} for text that was validated before; throws on anything else. */
export function cidrOf(text: string): Cidr {
  const cidr = parseCidr(text);
  if (cidr === undefined) throw new Error(`not an IPv4 prefix: ${text}`);
  return cidr;
}

/** Like {@link parseAddress} for text that was validated before; throws on anything else. */
export function addressOf(text: string): number {
  const value = parseAddress(text);
  if (value === undefined) throw new Error(`not an IPv4 address: ${text}`);
  return value;
}

export function formatCidr(cidr: Cidr): string {
  return `${formatAddress(cidr.base)}/${cidr.prefixLength}`;
}

export function contains(cidr: Cidr, address: number): boolean {
  return address >= cidr.base && address <= cidr.last;
}

export function overlaps(a: Cidr, b: Cidr): boolean {
  return a.base <= b.last && b.base <= a.last;
}

/** Dotted netmask of a prefix. */
export function netmask(cidr: Cidr): string {
  return formatAddress(2 ** 32 - 2 ** (32 - cidr.prefixLength));
}
