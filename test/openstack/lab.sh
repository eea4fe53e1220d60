#!/bin/sh
# Plays the scenario on a real OpenStack (real-cloud.sh, its API only: Nova's fake driver) and writes the recording.
# Takes a folder for the cloud's data (default /tmp/openstack-lab).
set -eu
here=$(cd "$(dirname "$0")" && pwd)
lab=${1:-/tmp/openstack-lab}
end() { "$here/real-cloud.sh" down "$lab" >/dev/null 2>&1 || true; }
# KEEP=1 leaves the cloud running, to look at it.
[ -n "${KEEP:-}" ] || trap end EXIT
VIRT=fake "$here/real-cloud.sh" up "$lab"
. "$lab/openrc"
"$here/../../node_modules/.bin/node" --disable-warning=ExperimentalWarning "$here/record.ts" --out "$here/recordings/zed.json" --cloud 'OpenStack Zed as Debian 12 packages it (Nova with its fake driver)'
