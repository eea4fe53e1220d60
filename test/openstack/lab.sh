#!/bin/sh
# Plays the scenario on the real OpenStack of ../shared/openstack-lab (its API only: Nova's fake driver) and writes the recording.
# Takes a folder for the lab's data (default /tmp/openstack-lab); installs the lab's Debian packages when they are missing.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
source=${LAB_SOURCE:-$here/../../../shared/openstack-lab}
lab=${1:-/tmp/openstack-lab}
mkdir -p "$lab" "$here/recordings"
cp -r "$source/." "$lab/"
end() { "$lab/down.sh" >/dev/null 2>&1 || true; }
# KEEP=1 leaves the lab running, to look at it.
[ -n "${KEEP:-}" ] || trap end EXIT
dpkg-query -W neutron-server nova-compute octavia-api >/dev/null 2>&1 || VIRT=fake "$lab/up.sh" pkgs
VIRT=fake "$lab/up.sh" ns db keystone glance placement neutron nova cinder octavia
. "$lab/openrc"
openstack network create --external --provider-network-type flat --provider-physical-network ext --share public >/dev/null
openstack subnet create --network public --subnet-range 172.24.4.0/24 --no-dhcp --gateway 172.24.4.1 \
  --allocation-pool start=172.24.4.100,end=172.24.4.250 public >/dev/null
"$here/../../node_modules/.bin/node" --disable-warning=ExperimentalWarning "$here/record.ts" --out "$here/recordings/zed.json" --cloud 'OpenStack Zed as Debian 12 packages it (Nova with its fake driver)'
