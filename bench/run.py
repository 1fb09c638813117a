#!/usr/bin/env python3
"""Times the same work by hep, by the floor (bare russh) and by the peers; prints one table.

Started by `make bench`, which builds hep and the floors, installs the peers and starts the fleet and a
PostgreSQL. `make bench BENCH=server` does the server's rows only, BENCH=local those of the command line, BENCH=page
those of the web page.
  server, local, page   the works of one part
  --without NAME   leave one out: hep, ansible, mitogen, pyinfra, parallel-ssh, clush, pdsh, ssh
  --only WORK      only one work: true100, files, task, true1000, help;
                   of the server: list, live, lines, api, idle, store; of the page: pages, lighthouse
                   (both may be given several times)
  --pairs N        runs of hep and of the floor, in turn (7)
  --repeats N      runs of the fast peers (3); Ansible runs once where it takes minutes
"""

import argparse
import datetime
import hashlib
import json
import os
import platform
import statistics
import subprocess
import sys

from measure import ROOT, TIMEOUT_S, Failed, measure, median, peak_kib
from page import Page
from server import Server
from tools import FILES_BASE, HEP, WORK, Fleet, Tools


class Bench:
    def __init__(self, options):
        self.options = options
        self.fleet = Fleet.read()
        self.tools = Tools(self.fleet)
        self.rows = []
        self.results = {}

    def wants(self, name):
        return name not in self.options.without

    def row(self, work, tool, runs, ratio="", note=""):
        self.results[f"{work}: {tool}"] = [vars(run) for run in runs]
        wall, cpu = f"{median(runs):.2f} s", f"{median(runs, 'cpu'):.2f} s"
        self.add((work, tool, wall, ratio, cpu, str(len(runs)), note))

    def add(self, row):
        self.rows.append(row)
        say(": ".join(cell for cell in row if cell))

    def note(self, what, figures):
        """Figures that have no place in the table."""
        self.results[what] = figures

    def paired(self, ours, theirs):
        """Both in turn, A B A B: what else the machine does meets both alike."""
        pairs = [(measure(*ours), measure(*theirs)) for _ in range(self.options.pairs)]
        mine, other = zip(*pairs)
        ratio = statistics.median(a.wall / b.wall for a, b in pairs)
        return list(mine), list(other), ratio

    def repeat(self, line, times=None):
        return [measure(*line) for _ in range(times or self.options.repeats)]

    def true_on(self, count, work):
        """Returns the runs of the floor and of hep (none without it)."""
        floor = self.tools.floor(count)
        if not self.wants("hep"):
            runs = self.repeat(floor, self.options.pairs)
            self.row(work, "floor (bare russh)", runs, "1.00 × floor")
            return runs, []
        self.prove_hep(count)
        mine, other, ratio = self.paired(self.tools.hep_true(count), floor)
        extra_ms = (median(mine, "cpu") - median(other, "cpu")) / count * 1000
        self.row(work, "floor (bare russh)", other, "1.00 × floor")
        self.row(
            work,
            "**hep**",
            mine,
            f"{ratio:.2f} × floor",
            f"own CPU {extra_ms:+.2f} ms a host to the floor",
        )
        return other, mine

    def prove_hep(self, count):
        """A time is worth nothing if the command did not run: every host must answer for itself."""
        command, _ = self.tools.hep_true(count)
        command = [*map(str, command[:-3]), "--output", "json", "all", "--", "true"]
        done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=TIMEOUT_S)
        good = [line for line in done.stdout.splitlines() if json.loads(line).get("rc") == 0]
        if len(good) != count:
            raise Failed(f"hep ran `true` on {len(good)} of {count} hosts:\n{done.stderr[-1500:]}")

    def true100(self):
        work = "`true` on 100 hosts, cold"
        floor, _ = self.true_on(100, work)
        peers = {
            "pyinfra": self.tools.pyinfra_true,
            "parallel-ssh": self.tools.pssh_true,
            "ssh": self.tools.ssh_true,
            "clush": self.tools.clush_true,
            "pdsh": self.tools.pdsh_true,
            "ansible": self.tools.ansible_true,
        }
        shown = {"ssh": "xargs -P 64 ssh", "ansible": "Ansible raw"}
        for name, line in peers.items():
            if self.wants(name):
                runs = self.repeat(line(100))
                self.row(
                    work,
                    shown.get(name, name),
                    runs,
                    f"{median(runs) / median(floor):.1f} × floor",
                )

    def files(self):
        work = "20 hosts × 30 file tasks"
        trees, unchanged = {}, {}
        lines = [
            ("hep", "**hep**", self.tools.hep_files, self.options.pairs),
            ("pyinfra", "pyinfra", self.tools.pyinfra_files, self.options.repeats),
            ("mitogen", "Ansible with Mitogen", self.tools.mitogen_files, self.options.repeats),
            ("ansible", "Ansible", self.tools.ansible_files, 1),
        ]
        for name, shown, line, times in lines:
            if not self.wants(name):
                continue
            self.fleet.clear_homes()
            first = measure(*line(20))
            trees[shown] = tree()
            unchanged[name] = self.repeat(line(20), times)
            if tree() != trees[shown]:
                raise Failed(f"{shown}: the second pass changed something")
            ratio = ""
            if name != "hep" and "hep" in unchanged:
                ratio = f"{median(unchanged[name]) / median(unchanged['hep']):.1f} × hep"
            self.row(f"{work}, first pass", shown, [first])
            self.row(f"{work}, nothing to change", shown, unchanged[name], ratio)
        if len({fingerprint for fingerprint, _ in trees.values()}) > 1:
            raise Failed(f"the tools do not leave the same files: {trees}")
        self.fleet.clear_homes()

    def task(self):
        """One more unchanged file task: a play of 1,030 tasks against one of 30, on one host."""
        if not self.wants("hep"):
            return
        more = WORK / "files1030.yml"
        text = (ROOT / "examples/files30.yml").read_text()
        last = text[text.rindex("    - name:") :]
        more.write_text(text + "".join("\n" + last for _ in range(1000)))
        self.fleet.clear_homes()
        measure(*self.tools.hep_files(1, more))
        many, few, _ = self.paired(self.tools.hep_files(1, more), self.tools.hep_files(1))
        one_ms = (median(many) - median(few)) / 1000 * 1000
        self.row(
            "one host, 1,030 unchanged file tasks",
            "**hep**",
            many,
            "",
            f"{one_ms:.3f} ms for one more task",
        )
        self.fleet.clear_homes()

    def true1000(self):
        work = "`true` on 1,000 hosts, cold"
        floor, mine = self.true_on(1000, work)
        for tool, line, runs in (
            ("floor", self.tools.floor, floor),
            ("**hep**", self.tools.hep_true, mine),
        ):
            if runs:
                hundred = measure(*line(100))
                peak, one = peak_kib(*line(1000)), peak_kib(*line(1))
                self.add(
                    (
                        work,
                        tool,
                        "",
                        f"{median(runs) / hundred.wall:.1f} × its own 100 hosts",
                        "",
                        "1",
                        f"peak {peak / 1024:.1f} MiB = {peak / 1000:.0f} KiB a host "
                        f"({one / 1024:.1f} MiB for one host)",
                    )
                )

    def help(self):
        if self.wants("hep"):
            runs = self.repeat(([HEP, "--help"], {}), 21)
            self.row("`hep --help`", "**hep**", runs, "", f"{median(runs) * 1000:.1f} ms")


def tree():
    """A fingerprint of the hosts' files (path, kind, mode, target, content); and their number."""
    digest, count = hashlib.sha256(), 0
    for path in sorted(FILES_BASE.rglob("*")):
        state = path.lstat()
        content = (
            os.readlink(path).encode()
            if path.is_symlink()
            else path.read_bytes() if path.is_file() else b""
        )
        mode = 0 if path.is_symlink() else state.st_mode & 0o7777
        digest.update(f"{path}\0{state.st_mode >> 12:o}\0{mode:o}\0".encode() + content + b"\0")
        count += 1
    return digest.hexdigest(), count


def say(text):
    print(f"bench: {text}", file=sys.stderr, flush=True)


def machine():
    memory_gib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{datetime.date.today()}, {os.cpu_count()} cores, {memory_gib:.0f} GiB, "
        f"hosts on the same machine, load "
        f"{os.getloadavg()[0]:.1f} before, "
        f"Linux {platform.release().split('-')[0]}"
    )


def table(rows):
    head = ("work", "tool", "wall (median)", "ratio", "own CPU", "runs", "")
    lines = [f"| {' | '.join(row)} |" for row in (head, ("---",) * len(head), *rows)]
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    local = ("true100", "files", "task", "true1000", "help")
    server = ("list", "live", "lines", "api", "idle", "store")
    page = ("pages", "lighthouse")
    parser.add_argument("half", nargs="?", choices=("local", "server", "page"))
    parser.add_argument("--without", action="append", default=[], metavar="NAME")
    parser.add_argument("--only", action="append", default=[], choices=local + server + page)
    parser.add_argument("--pairs", type=int, default=7)
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    WORK.mkdir(parents=True, exist_ok=True)
    bench, code = Bench(options), 0
    of_server = Server(bench)
    works = {name: getattr(bench, name) for name in local} | of_server.works()
    works |= Page(of_server).works()
    halves = {"local": local, "server": server, "page": page, None: local + server + page}
    say(machine())
    for work in options.only or halves[options.half]:
        try:
            works[work]()
        except KeyboardInterrupt:
            raise
        # Whatever goes wrong in one work, the others are measured and the table printed.
        except Exception as error:
            say(f"{work}: FAILED: {error!r}")
            reason = str(error).splitlines() or [repr(error)]
            bench.rows.append((work, "", "failed", "", "", "", reason[0]))
            code = 1
    print(f"Measured {machine()}.\n\n{table(bench.rows)}")
    (WORK / "results.json").write_text(json.dumps(bench.results, indent=1))
    sys.exit(code)


if __name__ == "__main__":
    main()
