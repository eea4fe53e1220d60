import { copyFile, mkdir, open, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '@matryoshka/system';
import { runIsolated } from './sandbox.ts';

const mebibyte = 1024 * 1024;
const sectorBytes = 512;
/** Label by which the kernel finds its root, whatever the disk is called. */
const rootLabel = 'matryoshka-root';
/** GRUB's core image lies between the partition table and the first partition. */
const firstPartitionBytes = mebibyte;

/** Modules of the core image: enough to read the partition and show a menu entry. The rest is loaded from /boot/grub. */
const coreModules = [
  'biosdisk',
  'part_msdos',
  'ext2',
  'search_label',
  'normal',
  'linux',
  'serial',
  'terminal',
  'configfile',
];

/** GRUB's menu: one entry, both consoles, no waiting. */
export function grubConfig(): string {
  return `serial --unit=0 --speed=115200
terminal_input console serial
terminal_output console serial
set timeout=0
set root=(hd0,msdos1)
search --no-floppy --label --set=root ${rootLabel}
menuentry "Matryoshka worker" {
  linux /boot/vmlinuz root=LABEL=${rootLabel} rw console=tty0 console=ttyS0,115200n8 quiet panic=10
  initrd /boot/initrd.img
}
`;
}

/** A classic partition table with one bootable Linux partition (https://en.wikipedia.org/wiki/Master_boot_record), which growpart extends at first boot. */
export function partitionEntry(totalBytes: number): Buffer {
  const entry = Buffer.alloc(16);
  entry.writeUInt8(0x80, 0);
  // Addresses by cylinder are long out of use: the largest value says so.
  entry.set([0xfe, 0xff, 0xff], 1);
  entry.writeUInt8(0x83, 4);
  entry.set([0xfe, 0xff, 0xff], 5);
  entry.writeUInt32LE(firstPartitionBytes / sectorBytes, 8);
  entry.writeUInt32LE((totalBytes - firstPartitionBytes) / sectorBytes, 12);
  return entry;
}

/** Boot sector: GRUB's boot.img with our partition table and the place of core.img (sector 1) in it. */
export function bootSector(bootImage: Buffer, totalBytes: number, diskId: number): Buffer {
  const sector = Buffer.alloc(sectorBytes);
  bootImage.copy(sector, 0, 0, 440);
  // GRUB_BOOT_MACHINE_KERNEL_SECTOR, grub-core/boot/i386/pc/boot.S and include/grub/i386/pc/boot.h
  sector.writeBigUInt64LE(1n, 0x5c);
  sector.writeUInt32LE(diskId, 440);
  partitionEntry(totalBytes).copy(sector, 446);
  sector.writeUInt16LE(0xaa55, 510);
  return sector;
}

/** The first sector of core.img tells where its others are: one block list that starts at sector 2 (include/grub/offsets.h, GRUB_BOOT_MACHINE_LIST_SIZE). */
export function coreImageAt(core: Buffer): Buffer {
  const patched = Buffer.from(core);
  const sectors = Math.ceil(core.length / sectorBytes) - 1;
  patched.writeBigUInt64LE(2n, sectorBytes - 12);
  patched.writeUInt16LE(sectors, sectorBytes - 4);
  return patched;
}

/**
 * Makes a bootable qcow2 from a root file system folder with kernel and GRUB modules in it. Uses neither loop devices nor
 * device-mapper: the file system is written straight into the image file.
 */
export async function makeDisk(root: string, qcow2: string, work: string, signal?: AbortSignal): Promise<void> {
  const options = signal === undefined ? {} : { signal };
  await prepareBoot(root, signal);
  const used = Number(
    (await run(['du', '--summarize', '--block-size=1', '--one-file-system', root], options)).stdout.split('\t')[0],
  );
  const totalBytes = Math.ceil((used * 1.15) / mebibyte + 512) * mebibyte;
  const raw = join(work, 'disk.raw');
  await run(['truncate', '--size', String(totalBytes), raw], options);
  const sizeKib = (totalBytes - firstPartitionBytes) / 1024;
  const features = `offset=${firstPartitionBytes},root_owner=0:0,lazy_itable_init=1`;
  await runIsolated(
    ['mke2fs', '-q', '-F', '-t', 'ext4', '-L', rootLabel, '-m', '1', '-E', features, '-d', root, raw, `${sizeKib}k`],
    options,
  );
  await embedGrub(root, raw, totalBytes);
  await runIsolated(['qemu-img', 'convert', '-f', 'raw', '-O', 'qcow2', '-c', '-W', raw, qcow2], options);
  await rm(raw);
}

async function prepareBoot(root: string, signal?: AbortSignal): Promise<void> {
  const names = await readdir(join(root, 'boot'));
  const kernel = names.find((name) => name.startsWith('vmlinuz-'));
  const initrd = names.find((name) => name.startsWith('initrd.img-'));
  if (kernel === undefined || initrd === undefined) throw new Error(`${root}/boot holds no kernel or no initramfs`);
  for (const [link, target] of [
    ['vmlinuz', kernel],
    ['initrd.img', initrd],
  ] as const) {
    await rm(join(root, 'boot', link), { force: true });
    await run(['ln', '-s', target, join(root, 'boot', link)]);
  }
  const modules = join(root, 'boot/grub/i386-pc');
  await mkdir(modules, { recursive: true });
  for (const name of await readdir(join(root, 'usr/lib/grub/i386-pc')))
    if (/\.(mod|lst)$/.test(name)) await copyFile(join(root, 'usr/lib/grub/i386-pc', name), join(modules, name));
  await writeFile(join(root, 'boot/grub/grub.cfg'), grubConfig());
  await writeFile(join(root, 'etc/fstab'), `LABEL=${rootLabel} / ext4 rw,relatime,errors=remount-ro 0 1\n`);
  await runIsolated(
    [
      'chroot',
      root,
      'grub-mkimage',
      '--format=i386-pc',
      '--output=/boot/grub/core.img',
      '--prefix=(hd0,msdos1)/boot/grub',
      ...coreModules,
    ],
    signal === undefined ? {} : { signal },
  );
}

async function embedGrub(root: string, raw: string, totalBytes: number): Promise<void> {
  const boot = await readFile(join(root, 'usr/lib/grub/i386-pc/boot.img'));
  const core = await readFile(join(root, 'boot/grub/core.img'));
  if (core.length > firstPartitionBytes - sectorBytes)
    throw new Error(`GRUB's core image has ${core.length} bytes: too large`);
  const file = await open(raw, 'r+');
  try {
    const diskId = boot.readUInt32LE(0) ^ totalBytes;
    await file.write(bootSector(boot, totalBytes, diskId >>> 0), 0, sectorBytes, 0);
    const image = coreImageAt(core);
    await file.write(image, 0, image.length, sectorBytes);
    await file.sync();
  } finally {
    await file.close();
  }
}
