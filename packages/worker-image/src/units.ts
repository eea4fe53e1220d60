interface UnitChoice {
  readonly unit: string;
  readonly why: string;
}

/** Units switched on, with the target that wants them. */
export const enabledUnits: readonly { readonly unit: string; readonly target: string }[] = [
  { unit: 'matryoshka-node-setup.service', target: 'sysinit.target' },
  { unit: 'matryoshka-cloud-init.service', target: 'multi-user.target' },
  { unit: 'systemd-networkd.service', target: 'multi-user.target' },
  { unit: 'systemd-networkd-wait-online.service', target: 'network-online.target' },
  { unit: 'systemd-resolved.service', target: 'multi-user.target' },
  { unit: 'containerd.service', target: 'multi-user.target' },
  { unit: 'kubelet.service', target: 'multi-user.target' },
];

/** Units that can never start: each costs boot time or changes the machine behind our back. */
export const maskedUnits: readonly UnitChoice[] = [
  ...['cloud-init-local', 'cloud-init', 'cloud-config', 'cloud-final'].map((name) => ({
    unit: `${name}.service`,
    why: 'matryoshka-cloud-init runs all stages',
  })),
  { unit: 'cloud-init-hotplugd.socket', why: 'networkd sees new ports' },
  { unit: 'apt-daily.timer', why: 'machines are replaced, not patched' },
  { unit: 'apt-daily-upgrade.timer', why: 'machines are replaced, not patched' },
  { unit: 'dpkg-db-backup.timer', why: 'packages never change' },
  { unit: 'e2scrub_all.timer', why: 'no LVM' },
  { unit: 'e2scrub_reap.service', why: 'no LVM' },
  { unit: 'getty-static.service', why: 'no virtual terminals' },
  { unit: 'getty@tty1.service', why: 'no virtual terminals; serial-getty@ttyS0 stays for virtual machines' },
  { unit: 'console-getty.service', why: 'nobody can log in, and the console belongs to the log' },
  { unit: 'systemd-firstboot.service', why: 'asks questions on the console' },
  { unit: 'systemd-ask-password-console.path', why: 'no encrypted disks' },
  { unit: 'systemd-ask-password-wall.path', why: 'no encrypted disks' },
  { unit: 'systemd-update-utmp.service', why: 'no logins to record' },
  { unit: 'systemd-update-utmp-runlevel.service', why: 'no logins to record' },
  { unit: 'proc-sys-fs-binfmt_misc.automount', why: 'belongs to the host in a system container' },
  { unit: 'sys-kernel-debug.mount', why: 'belongs to the host in a system container' },
  { unit: 'sys-kernel-tracing.mount', why: 'belongs to the host in a system container' },
  { unit: 'sys-kernel-config.mount', why: 'belongs to the host in a system container' },
  { unit: 'sys-fs-fuse-connections.mount', why: 'belongs to the host in a system container' },
];
