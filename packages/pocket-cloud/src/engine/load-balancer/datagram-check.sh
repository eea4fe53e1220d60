#!/bin/bash
# haproxy's check of a member that takes datagrams: it fails where the machine answers "port unreachable", which the second write reports; silence
# is all right, as in Octavia's own check (octavia/cmd/health_checker.py and its udp_check). Arguments: proxy's address and port, member's address and port.
exec 2>/dev/null
exec 3<>"/dev/udp/$3/$4" && echo >&3 && sleep 0.2 && echo >&3
