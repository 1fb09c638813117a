"""The command lines of hep, of the floor and of the peers, for each kind of work."""

import os
import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from measure import ROOT

WORK = ROOT / "target/bench"
VENV = WORK / "venv"
HEP = Path(os.environ.get("HEP", ROOT / "target/release/hep"))
FLOOR = ROOT / "target/floor/release/floor"
FILES_BASE = Path("/tmp/hep-files30")
FORKS = 64


@dataclass
class Fleet:
    """What fleet/breadth-up wrote."""

    path: Path
    names: list = field(default_factory=list)
    addresses: list = field(default_factory=list)
    port: str = ""
    user: str = ""

    @classmethod
    def read(cls):
        path = Path(os.environ["HEP_FLEET"])
        text = lambda name: (path / "breadth" / name).read_text().strip()
        addresses = text("addresses").split()
        names = [f"h{number:04}" for number in range(1, len(addresses) + 1)]
        return cls(path, names, addresses, text("port"), text("user"))

    @property
    def key(self):
        return self.path / "key"

    @property
    def known_hosts(self):
        return self.path / "breadth/known_hosts"

    @property
    def ssh_config(self):
        return self.path / "breadth/ssh_config"

    def clear_homes(self):
        """Hosts as on the first day: no executor, no journal, none of the files."""
        homes = Path((self.path / "breadth/homes").read_text().strip())
        for home in homes.iterdir():
            for left in (".cache", ".ansible"):
                shutil.rmtree(home / left, ignore_errors=True)
        for left in (FILES_BASE, Path("/tmp/hep-ansible")):
            shutil.rmtree(left, ignore_errors=True)


class Tools:
    """One method a tool and kind of work: the command line and its environment."""

    def __init__(self, fleet):
        self.fleet = fleet

    def inventory(self, count):
        """An inventory of the first hosts, in the format that hep and Ansible share."""
        fleet, file = self.fleet, WORK / f"inventory-{count}.ini"
        lines = [f"{n} ansible_host={a}" for n, a in zip(fleet.names[:count], fleet.addresses)]
        lines += [
            "[all:vars]",
            f"ansible_port={fleet.port}",
            f"ansible_user={fleet.user}",
            f"ansible_ssh_private_key_file={fleet.key}",
        ]
        file.write_text("\n".join(lines) + "\n")
        return file

    def addresses(self, count):
        file = WORK / f"addresses-{count}"
        file.write_text("\n".join(self.fleet.addresses[:count]) + "\n")
        return file

    def floor(self, count):
        return [
            FLOOR,
            "--hosts",
            self.addresses(count),
            "--port",
            self.fleet.port,
            "--user",
            self.fleet.user,
            "--key",
            self.fleet.key,
            "--forks",
            FORKS,
        ], {}

    def hep_true(self, count):
        return [
            HEP,
            "exec",
            "-i",
            self.inventory(count),
            "--known-hosts",
            self.fleet.known_hosts,
            "-f",
            FORKS,
            "all",
            "--",
            "true",
        ], {}

    def hep_files(self, count, play="examples/files30.yml"):
        return [
            HEP,
            "apply",
            "-i",
            self.inventory(count),
            "--known-hosts",
            self.fleet.known_hosts,
            play,
        ], {}

    def ssh_true(self, count):
        return [
            "xargs",
            "-a",
            self.addresses(count),
            "-P",
            FORKS,
            "-I{}",
            "ssh",
            "-F",
            self.fleet.ssh_config,
            "-o",
            "BatchMode=yes",
            "{}",
            "true",
        ], {}

    def clush_true(self, count):
        return [
            "clush",
            "-S",
            "-q",
            "-f",
            FORKS,
            "-o",
            f"-F {self.fleet.ssh_config}",
            "--hostfile",
            self.addresses(count),
            "true",
        ], {}

    def pdsh_true(self, count):
        return [
            "pdsh",
            "-S",
            "-R",
            "ssh",
            "-f",
            FORKS,
            "-w",
            f"^{self.addresses(count)}",
            "true",
        ], {"PDSH_SSH_ARGS_APPEND": f"-F {self.fleet.ssh_config} -o BatchMode=yes"}

    def pssh_true(self, count):
        return [
            VENV / "bin/python",
            ROOT / "bench/pssh_true.py",
            self.addresses(count),
            self.fleet.port,
            self.fleet.user,
            self.fleet.key,
        ], {}

    def pyinfra_inventory(self, count):
        file, fleet = WORK / f"inventory_{count}.py", self.fleet
        data = {
            "ssh_port": int(fleet.port),
            "ssh_user": fleet.user,
            "ssh_key": str(fleet.key),
            "ssh_known_hosts_file": str(fleet.known_hosts),
        }
        hosts = [
            (name, {**data, "ssh_hostname": address})
            for name, address in zip(fleet.names[:count], fleet.addresses)
        ]
        file.write_text(f"hosts = {hosts!r}\n")
        return file

    def pyinfra_true(self, count):
        return [
            VENV / "bin/pyinfra",
            "-y",
            "--parallel",
            FORKS,
            self.pyinfra_inventory(count),
            "exec",
            "--",
            "true",
        ], {}

    def pyinfra_files(self, count):
        return [VENV / "bin/pyinfra", "-y", self.pyinfra_inventory(count), "bench/files30.py"], {}

    def ansible_env(self, forks, control, strategy=None):
        """Ansible as it comes, but for what the fleet needs and with as many forks as hosts."""
        control_dir = tempfile.mkdtemp(prefix="cp", dir="/tmp")
        config = WORK / "ansible.cfg"
        config.write_text("")
        env = {
            "ANSIBLE_CONFIG": str(config),
            "ANSIBLE_FORKS": str(forks),
            "ANSIBLE_PYTHON_INTERPRETER": "/usr/bin/python3",
            "ANSIBLE_SSH_CONTROL_PATH_DIR": control_dir,
            # The hosts are one user on one machine, whose home in /etc/passwd is none of theirs.
            "ANSIBLE_REMOTE_TMP": "/tmp/hep-ansible",
            "ANSIBLE_SSH_ARGS": f"{control} -o UserKnownHostsFile={self.fleet.known_hosts}",
        }
        if strategy:
            plugins = next(VENV.glob("lib/python3*/site-packages/ansible_mitogen/plugins/strategy"))
            env |= {"ANSIBLE_STRATEGY": strategy, "ANSIBLE_STRATEGY_PLUGINS": str(plugins)}
        return env

    def ansible_true(self, count):
        return [
            VENV / "bin/ansible",
            "all",
            "-i",
            self.inventory(count),
            "-m",
            "raw",
            "-a",
            "true",
        ], self.ansible_env(FORKS, "-o ControlMaster=no")

    def ansible_files(self, count, strategy=None):
        return [
            VENV / "bin/ansible-playbook",
            "-i",
            self.inventory(count),
            "examples/files30.yml",
        ], self.ansible_env(count, "-o ControlMaster=auto -o ControlPersist=60s", strategy)

    def mitogen_files(self, count):
        return self.ansible_files(count, "mitogen_linear")
