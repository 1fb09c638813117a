"""Runs `true` on the hosts of a file with parallel-ssh: pssh_true.py ADDRESSES PORT USER KEY."""

import sys

from pssh.clients import ParallelSSHClient

with open(sys.argv[1], encoding="utf-8") as lines:
    hosts = lines.read().split()
client = ParallelSSHClient(
    hosts, port=int(sys.argv[2]), user=sys.argv[3], pkey=sys.argv[4], pool_size=64
)
output = client.run_command("true")
client.join(output)
sys.exit(0 if all(host.exit_code == 0 for host in output) else 2)
