import { run } from '@matryoshka/system';
import { ipBatch, listLinks } from '../network/index.ts';
import type { MachineNic } from './machine.ts';

/** Gives a running machine the interfaces of the list that it lacks, each under the first free name eth0, eth1, … */
export async function plugMissing(
  switchNamespace: string,
  initPid: string,
  nics: readonly MachineNic[],
): Promise<void> {
  const present = new Set((await listLinks(switchNamespace)).map(({ ifname }) => ifname));
  for (const nic of nics) {
    if (present.has(nic.tapName)) continue;
    const name = await freeName(initPid);
    await ipBatch(switchNamespace, [
      `link add ${nic.tapName} type veth peer name ${name} address ${nic.mac} mtu ${nic.mtu} netns ${initPid}`,
      `link set ${nic.tapName} mtu ${nic.mtu} master ${nic.bridge} up`,
    ]);
    await run(['nsenter', '--target', initPid, '--net', '--', 'ip', 'link', 'set', name, 'up']);
  }
}

async function freeName(initPid: string): Promise<string> {
  const { stdout } = await run(['nsenter', '--target', initPid, '--net', '--', 'ip', '-j', 'link']);
  const taken = new Set((JSON.parse(stdout) as readonly { readonly ifname: string }[]).map(({ ifname }) => ifname));
  for (let index = 0; ; index += 1) if (!taken.has(`eth${index}`)) return `eth${index}`;
}
