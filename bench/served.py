"""A server of its own for a benchmark, with its database, and what it costs."""

import os
import re
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from client import Api
from measure import Failed
from tools import HEP, WORK

START_S = 60
TICKS = os.sysconf("SC_CLK_TCK")
SQLITE, POSTGRES = "SQLite", "PostgreSQL"


class Served:
    """`hep serve` on a new database; `with Served(...) as served:` ends it and removes all."""

    def __init__(self, kind, fleet, name):
        self.kind, self.fleet = kind, fleet
        self.folder = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=WORK))
        if kind == SQLITE:
            self.database = f"sqlite:{self.folder}/hep.db"
        else:
            self.name = f"bench_{name}".lower()
            cluster = os.environ.get("HEP_TEST_POSTGRES")
            if not cluster:
                raise Failed("there is no PostgreSQL: start this by fleet/with-postgres")
            self.cluster = cluster
            self.database = cluster.replace("/postgres?", f"/{self.name}?")
            psql(cluster, f"DROP DATABASE IF EXISTS {self.name}")
            psql(cluster, f"CREATE DATABASE {self.name}")
        self.process = None

    def __enter__(self):
        try:
            self.hep("admin", "create-user", "bench", "--role", "admin")
            token = self.hep("admin", "create-token", "bench").strip()
            with (self.folder / "log").open("w") as log, (self.folder / "out").open("w") as out:
                self.process = subprocess.Popen(
                    [HEP, "serve"], stdin=subprocess.DEVNULL, stdout=out, stderr=log, env=self.env
                )
            self.api = Api(self.answers(), token)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        if self.process:
            self.process.terminate()
            try:
                self.process.wait(40)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)
        if self.kind == POSTGRES:
            psql(self.cluster, f"DROP DATABASE IF EXISTS {self.name} WITH (FORCE)")

    @property
    def env(self):
        """As people run it: every setting is the usual one but for where things lie."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("HEP_")}
        return {
            **kept,
            "HEP_STATE_DIRECTORY": str(self.folder),
            "HEP_DATABASE": self.database,
            "HEP_LISTEN": "127.0.0.1:0",
            # Ten thousand hosts in one import; nothing else takes long.
            "HEP_LIMIT_REQUEST_TIME": "15m",
            "HEP_SSH_CONFIG": "none",
            "HEP_SSH_KEYS": str(self.fleet.key),
            "HEP_KNOWN_HOSTS": str(self.fleet.known_hosts),
        }

    def hep(self, *words):
        done = subprocess.run([HEP, *words], env=self.env, capture_output=True, text=True, timeout=300)
        if done.returncode != 0:
            raise Failed(f"hep {' '.join(words)}: {done.stderr[-1000:]}{done.stdout[-500:]}")
        return done.stdout

    def answers(self):
        """The address, once it listens."""
        until = time.monotonic() + START_S
        while time.monotonic() < until and self.process.poll() is None:
            text = (self.folder / "out").read_text() + (self.folder / "log").read_text()
            found = re.search(r"http://([\d.]+):(\d+)", text)
            if found:
                return found[1], int(found[2])
            time.sleep(0.05)
        raise Failed(f"the server did not start:\n{(self.folder / 'log').read_text()[-1500:]}")

    def cpu(self):
        """Its CPU time so far, in seconds."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def memory_kib(self):
        text = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", text)[1])

    def sockets(self):
        """How many it has open."""
        folder = Path(f"/proc/{self.process.pid}/fd")
        return sum(os.readlink(file).startswith("socket:") for file in folder.iterdir())

    def bytes(self):
        """What its database takes, in bytes."""
        if self.kind == SQLITE:
            return sum(file.stat().st_size for file in self.folder.glob("hep.db*"))
        return int(self.ask(f"SELECT pg_database_size('{self.name}')"))

    def ask(self, statement):
        return psql(self.database, statement)

    def register_fleet(self, count):
        """The first hosts of the fleet, by an import."""
        hosts = zip(self.fleet.names[:count], self.fleet.addresses)
        lines = [f"{name} ansible_host={address}" for name, address in hosts]
        rest = [f"ansible_port={self.fleet.port}", f"ansible_user={self.fleet.user}"]
        self.import_text("\n".join([*lines, "[all:vars]", *rest]) + "\n")

    def import_text(self, text):
        done = self.api.call("POST", "/import", {"files": [{"name": "hosts.ini", "text": text}]})
        if not done["applied"] or done["remarks"]:
            raise Failed(f"the import left something out: {done['remarks'][:3]}")

    def run(self, line, selector="all", forks=64):
        """Asks for a run of a command, on so many hosts at once; its id."""
        subject, strategy = {"kind": "command", "line": line}, {"forks": forks}
        asked = {"subject": subject, "selector": selector, "strategy": strategy}
        return self.api.call("POST", "/runs", asked)["id"]

    def ended(self, run, patience=300):
        """The run, once it has ended."""
        until = time.monotonic() + patience
        while time.monotonic() < until:
            found = self.api.call("GET", f"/runs/{run}")
            if found["ended_ms"]:
                return found
            time.sleep(0.1)
        raise Failed(f"a run did not end: {found['state']} {found['counts']}")

    def run_fine(self, line, count):
        """Runs a command on all hosts, every one of which must succeed."""
        found = self.ended(self.run(line))
        if found["counts"].get("succeeded") != count:
            raise Failed(f"`{line}` did not succeed on {count} hosts: {found['counts']}")
        return found


def psql(address, statement):
    done = subprocess.run(
        ["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", address, "-c", statement],
        capture_output=True,
        text=True,
        timeout=600,
    )
    if done.returncode != 0:
        raise Failed(f"psql: {done.stderr[-1000:]}")
    return done.stdout.strip()
