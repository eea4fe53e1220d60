#!/bin/sh
# The real OpenStack of ../shared/openstack-lab on this machine: `real-cloud.sh up|down [folder]` (default /tmp/openstack-lab).
# VIRT=fake is its API only, VIRT=qemu boots machines. Installs the lab's Debian packages when they are missing. It reaches
# http://172.24.4.1:5000/v3 from here and has an external network called public, 172.24.4.0/24.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
source=${LAB_SOURCE:-$here/../../../shared/openstack-lab}
lab=${2:-/tmp/openstack-lab}
case ${1:-} in
up)
  mkdir -p "$lab"
  cp -r "$source/." "$lab/"
  dpkg-query -W neutron-server nova-compute octavia-api >/dev/null 2>&1 || "$lab/up.sh" pkgs
  "$lab/up.sh" ns db keystone glance placement neutron nova cinder octavia
  . "$lab/openrc"
  openstack network show public >/dev/null 2>&1 ||
    openstack network create --external --provider-network-type flat --provider-physical-network ext --share public >/dev/null
  openstack subnet show public >/dev/null 2>&1 ||
    openstack subnet create --network public --subnet-range 172.24.4.0/24 --no-dhcp --gateway 172.24.4.1 \
      --allocation-pool start=172.24.4.100,end=172.24.4.250 public >/dev/null
  ;;
down) [ ! -x "$lab/down.sh" ] || "$lab/down.sh" ;;
*) echo "usage: $0 up|down [folder]" >&2; exit 2 ;;
esac
