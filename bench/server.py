"""The rows of the server: what it costs to ask it, to watch it, and to run by it."""

import base64
import json
import re
import statistics
import subprocess
import threading
import time

import seed
from client import Streams, open_loop, percentile
from measure import ROOT, TIMEOUT_S, Failed, measure, median
from served import POSTGRES, SQLITE, Served
from tools import FLOOR, HEP

LIST_FLOOR = FLOOR.parent / "hosts"
LIST_HOSTS, LIST_RATE, LIST_S = 10_000, 300, 20
PEOPLE, WATCHED, LIVE_HOSTS, LIVE_S = 200, 20, 100, 30
LOG_HOSTS, LOG_LINES, LOG_CLIENTS = 100, 4000, 10
TRUE_HOSTS, TRUE_PAIRS = 100, 9
IDLE_HOSTS, IDLE_S = 1000, 30
PAGE_TIMES = 15


class Server:
    """One method a work; each makes rows of the table."""

    def __init__(self, bench):
        self.bench, self.fleet = bench, bench.fleet

    def works(self):
        return {
            "list": self.list,
            "live": self.live,
            "lines": self.lines,
            "api": self.api,
            "idle": self.idle,
            "store": self.store,
        }

    def row(self, work, tool, wall="", ratio="", cpu="", runs="1", note="", reached=True):
        """A row; what misses its reach is shown as such."""
        note = note if reached else f"{note}; **reach missed**"
        self.bench.add((work, tool, wall, ratio, cpu, runs, note))

    def on_both(self, work, measured):
        """The work on each database; one that fails does not hold up the other."""
        failures = []
        for kind in (SQLITE, POSTGRES):
            try:
                measured(kind)
            except Failed as error:
                failures.append(f"{kind}: {error}")
                self.row(work, f"hep serve, {kind}", "failed", note=str(error).splitlines()[0])
        if failures:
            raise Failed("; ".join(failures))

    # GET /hosts ---------------------------------------------------------------------------------

    def list(self):
        work = f"`GET /hosts?limit=100&label=env=prod` of {LIST_HOSTS:,}, {LIST_RATE} a second"
        self.on_both(work, lambda kind: self.list_on(kind, work))

    def list_on(self, kind, work):
        with Served(kind, self.fleet, "list") as served:
            seed.register(served, LIST_HOSTS)
            path = "/hosts?limit=100&label=env=prod"
            items = served.api.call("GET", path)["items"]
            if len(items) != 100 or any(item["labels"]["env"] != "prod" for item in items):
                raise Failed("the list is not what was asked for")
            request = served.api.head(path)
            open_loop(served.api.address, request, LIST_RATE, 3)
            before = served.cpu()
            took = open_loop(served.api.address, request, LIST_RATE, LIST_S)
            each = (served.cpu() - before) / len(took)
            floor = self.list_floor(served)
        p50, p99 = percentile(took, 0.5) * 1000, percentile(took, 0.99) * 1000
        shown = f"{floor * 1000:.2f} ms each"
        self.row(work, f"bare query and JSON, {kind}", "", "1.00 × floor", shown, str(len(took)))
        self.row(
            work,
            f"**hep serve**, {kind}",
            f"{p50:.1f} ms",
            f"{each / floor:.2f} × floor",
            f"{each * 1000:.2f} ms each",
            str(len(took)),
            f"p99 {p99:.1f} ms, slowest {max(took) * 1000:.0f} ms; reach 2 × and p99 50 ms",
            each / floor <= 2 and p99 <= 50,
        )

    def list_floor(self, served):
        """CPU seconds of one bare answer, at the same pace."""
        words = [LIST_FLOOR, "--database", served.database, "--label", "env=prod", "--limit", "100"]
        words += ["--times", LIST_RATE * LIST_S, "--rate", LIST_RATE]
        done = subprocess.run(
            [str(word) for word in words], capture_output=True, text=True, timeout=TIMEOUT_S
        )
        if done.returncode != 0:
            raise Failed(f"the floor of the list: {done.stderr[-500:]}")
        times, _, cpu = done.stdout.split()
        return float(cpu) / int(times)

    # Live pages ---------------------------------------------------------------------------------

    def live(self):
        """Half of the people watch a run that prints a line a second on each of its hosts, half watch hosts."""
        work = f"{PEOPLE} people on live pages of {LIVE_HOSTS} hosts"
        with Served(SQLITE, self.fleet, "live") as served:
            served.register_fleet(LIVE_HOSTS)
            served.run_fine("true", LIVE_HOSTS)
            # Longer than anything here takes: it is stopped at the end.
            turns = 900
            line = f"i=0; while [ $i -lt {turns} ]; do date +T%s.%3N; sleep 1; i=$((i+1)); done"
            run, streams = served.run(line, forks=LIVE_HOSTS), Streams()
            late = Lateness()
            for person in range(PEOPLE):
                if person % 2:
                    streams.open(served.api, f"/runs/{run}/events", "run")
                else:
                    host = self.fleet.names[person // 2 % WATCHED]
                    streams.open(served.api, f"/hosts/{host}/status/events", "host")
            streams.read(time.time() + 8, late.forget)
            started, before = time.time(), served.cpu()
            late.begin(streams, started)
            streams.read(started + LIVE_S, late.heard)
            cpu = (served.cpu() - before) / (time.time() - started)
            late.end(time.time())
            streams.close()
            served.api.call("POST", f"/runs/{run}/cancel")
            served.ended(run)
        lines_due = PEOPLE // 2 * LIVE_HOSTS * LIVE_S / 2
        if late.lines < lines_due:
            raise Failed(f"{late.lines} lines were seen where {lines_due:.0f} at least were due")
        worst = max(late.line, late.status)
        self.row(
            work,
            "**hep serve**, SQLite",
            f"{worst:.2f} s late at most",
            "",
            f"{cpu:.2f} of a core",
            str(PEOPLE),
            f"{PEOPLE // 2} on the log of a run with a line a second and host, latest "
            f"{late.line:.2f} s; {PEOPLE // 2} on the state of {WATCHED} hosts every 2 s, latest "
            f"{late.status:.2f} s over; reach 2 s and 0.5 of a core",
            worst <= 2 and cpu < 0.5,
        )

    # Lines --------------------------------------------------------------------------------------

    def lines(self):
        work = f"log lines of {LOG_HOSTS} hosts at once, stored and seen by {LOG_CLIENTS} live clients"
        self.on_both(work, lambda kind: self.lines_on(kind, work))

    def lines_on(self, kind, work):
        total = LOG_HOSTS * LOG_LINES
        with Served(kind, self.fleet, "lines") as served:
            served.register_fleet(LOG_HOSTS)
            served.run_fine("true", LOG_HOSTS)
            before, started = served.cpu(), time.time()
            line = f"seq -f 'line %07.0f of a service that says what it does' {LOG_LINES}"
            run, streams = served.run(line, forks=LOG_HOSTS), Streams()
            for _ in range(LOG_CLIENTS):
                streams.open(served.api, f"/runs/{run}/events")
            done = streams.read(started + 240, lambda *_: None)
            took, cpu = time.time() - started, served.cpu() - before
            streams.close()
            if not done:
                raise Failed("the live logs did not come to their end within 240 s")
            for stream in streams.all:
                check_lines(stream, LOG_HOSTS, LOG_LINES)
            check_stored(served, run)
        rate = total / took
        self.row(
            work,
            f"**hep serve**, {kind}",
            f"{took:.1f} s",
            f"{rate:,.0f} lines a second",
            f"{cpu:.1f} s",
            "1",
            f"{total:,} lines, none lost, none twice, for each client; reach 20,000 a second",
            rate >= 20_000,
        )

    # `true` through the API ---------------------------------------------------------------------

    def api(self):
        work = f"`true` on {TRUE_HOSTS} hosts through the API, warm connections"
        self.on_both(work, lambda kind: self.api_on(kind, work))

    def api_on(self, kind, work):
        floor = Warm(self.bench.tools.floor(TRUE_HOSTS)[0])
        try:
            with Served(kind, self.fleet, "api") as served:
                served.register_fleet(TRUE_HOSTS)
                served.run_fine("true", TRUE_HOSTS)
                self.through_api(served)
                floor.again()
                before = served.cpu()
                pairs = [(self.through_api(served), floor.again()) for _ in range(TRUE_PAIRS)]
                cpu = (served.cpu() - before) / TRUE_PAIRS
        finally:
            floor.end()
        cold = median([measure(*self.bench.tools.hep_true(TRUE_HOSTS)) for _ in range(3)])
        ours, theirs = zip(*pairs)
        ratio = statistics.median(mine / other for mine, other in pairs)
        took, least = statistics.median(ours), statistics.median(theirs)
        self.row(work, "bare russh, warm", f"{least:.2f} s", "1.00 × floor", "", str(TRUE_PAIRS))
        self.row(
            work,
            f"**hep serve**, {kind}",
            f"{took:.2f} s",
            f"{ratio:.2f} × floor",
            f"{cpu:.2f} s",
            str(TRUE_PAIRS),
            f"`hep exec`, which connects anew each time: {cold:.2f} s; reach 1.3 ×",
            ratio <= 1.3,
        )

    def through_api(self, served):
        """Seconds from asking until every result has been read."""
        started = time.perf_counter()
        run, streams = served.run("true"), Streams()
        streams.open(served.api, f"/runs/{run}/events")
        streams.read(time.time() + 120, lambda *_: None)
        page = served.api.call("GET", f"/runs/{run}/hosts?limit=1000&state=succeeded")
        took = time.perf_counter() - started
        streams.close()
        if len(page["items"]) != TRUE_HOSTS:
            raise Failed(f"`true` succeeded on {len(page['items'])} of {TRUE_HOSTS} hosts")
        return took

    # Idle ---------------------------------------------------------------------------------------

    def idle(self):
        work = f"{IDLE_HOSTS:,} hosts held connected and idle"
        with Served(SQLITE, self.fleet, "idle") as served:
            served.register_fleet(IDLE_HOSTS)
            served.ended(served.run("true", self.fleet.names[0]))
            before, sockets = served.memory_kib(), served.sockets()
            served.run_fine("true", IDLE_HOSTS)
            time.sleep(3)
            after, held = served.memory_kib(), served.sockets() - sockets
            cpu = served.cpu()
            time.sleep(IDLE_S)
            cpu = (served.cpu() - cpu) / IDLE_S
            held = min(held, served.sockets() - sockets)
            if held < IDLE_HOSTS - 10:
                raise Failed(f"only {held} of {IDLE_HOSTS} connections were held")
        each = (after - before) / IDLE_HOSTS
        self.row(
            work,
            "**hep serve**, SQLite",
            "",
            f"{each:.0f} KiB a host",
            f"{cpu * 100:.2f} % of a core",
            "1",
            f"{held} connections for {IDLE_S} s; {after / 1024:.0f} MiB in all; "
            "reach 160 KB and 1 %",
            each * 1.024 <= 160 and cpu < 0.01,
        )

    # A full store -------------------------------------------------------------------------------

    def store(self):
        work = f"pages of a store of {seed.HOST_RUNS:,} host runs"
        self.on_both(work, lambda kind: self.store_on(kind, work))

    def store_on(self, kind, work):
        with Served(kind, self.fleet, "store") as served:
            seed.register(served, seed.STORE_HOSTS)
            empty = served.bytes()
            seed.old_runs(served)
            rows, size = seed.rows(served), served.bytes() - empty
            if rows["host_runs"] != seed.HOST_RUNS:
                raise Failed(f"{rows['host_runs']} host runs were seeded")
            took = {name: self.page_times(served, path) for name, path in pages(served).items()}
        slowest = max(took, key=lambda name: statistics.median(took[name]))
        usual = statistics.median(statistics.median(times) for times in took.values())
        p99 = percentile([time for times in took.values() for time in times], 0.99)
        in_all = sum(rows.values()) / seed.HOST_RUNS
        self.bench.note(f"{work}, {kind}", {
            name: {"least": min(times), "median": statistics.median(times), "most": max(times)}
            for name, times in took.items()
        })
        self.row(
            work,
            f"**hep serve**, {kind}",
            f"p99 {p99 * 1000:.0f} ms",
            "",
            "",
            f"{len(took)} pages × {PAGE_TIMES}",
            f"median {usual * 1000:.1f} ms, slowest page ({slowest}) "
            f"{statistics.median(took[slowest]) * 1000:.0f} ms; {in_all:.2f} rows and "
            f"{size / seed.HOST_RUNS:.0f} bytes a host run, output included (of check results: "
            "there are none yet); reach 50 ms",
            p99 <= 0.05,
        )

    def page_times(self, served, path):
        times = []
        for _ in range(PAGE_TIMES):
            took, answer = served.api.timed(path)
            if "items" in answer and not answer["items"]:
                raise Failed(f"{path} shows nothing")
            times.append(took)
        return times


class Lateness:
    """How late what people see is, in seconds."""

    def __init__(self):
        self.line = self.status = 0.0
        self.lines = 0
        self.last = {}

    def begin(self, streams, now):
        self.last = {stream: now for stream in streams.all if stream.kind == "host"}

    def forget(self, stream, _text, _now):
        stream.forget()

    def heard(self, stream, text, now):
        if stream.kind == "run":
            times = [float(word) for word in re.findall(rb"T(\d+\.\d+)", text)]
            self.lines += len(times)
            self.line = max([self.line, *(now - then for then in times)])
        elif b"event: status" in bytes(text):
            # One look every two seconds: what is beyond them is late.
            self.status = max(self.status, now - self.last[stream] - 2)
            self.last[stream] = now
        stream.forget()

    def end(self, now):
        """Who has seen nothing for long is late too."""
        self.status = max([self.status, *(now - last - 2 for last in self.last.values())])


class Warm:
    """The floor with connections that are there."""

    def __init__(self, command):
        self.process = subprocess.Popen(
            [*(str(word) for word in command), "--again"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        self.watch = threading.Timer(TIMEOUT_S, self.process.kill)
        self.watch.daemon = True
        self.watch.start()
        try:
            self.told()
        except Failed:
            self.end()
            raise

    def told(self):
        line = self.process.stdout.readline()
        if ", 0 failed, " not in line:
            raise Failed(f"the floor: {line!r}")

    def again(self):
        started = time.perf_counter()
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        self.told()
        return time.perf_counter() - started

    def end(self):
        self.watch.cancel()
        self.process.stdin.close()
        self.process.wait(30)


def check_lines(stream, hosts, lines):
    """Every line of every host, once, in its order."""
    seen = {}
    for kind, data in stream.events():
        if kind == "output":
            said = json.loads(data)
            numbers = [int(line[5:12]) for line in said["text"].splitlines()]
            seen.setdefault(said["host"], []).extend(numbers)
    whole = list(range(1, lines + 1))
    bad = [host for host, numbers in seen.items() if numbers != whole]
    if len(seen) != hosts or bad:
        raise Failed(f"a live client saw {len(seen)} hosts, and not all lines of {bad[:3]}")


def check_stored(served, run):
    """The same of what was stored."""
    for host in (served.fleet.names[0], served.fleet.names[LOG_HOSTS - 1]):
        served.api.line.request(
            "GET",
            f"/api/v1/runs/{run}/output?host={host}",
            headers={"Authorization": f"Bearer {served.api.token}"},
        )
        text = served.api.line.getresponse().read().decode()
        if [int(line[5:12]) for line in text.splitlines()] != list(range(1, LOG_LINES + 1)):
            raise Failed(f"what was stored of {host} is not what it said")


def pages(served):
    """The pages of old runs: name and path."""
    latest = served.api.call("GET", "/runs?limit=1000")
    middle = seed.run_id(latest["items"][-1]["created_ms"] - 40 * 86_400_000, 0)
    wide = next(run for run in latest["items"] if run["hosts"] > 1)
    failed = next(run for run in latest["items"] if run["hosts"] > 1 and run["state"] == "failed")
    since = latest["items"][-1]["created_ms"] - 40 * 86_400_000
    return {
        "the latest": "/runs?limit=100",
        "the next": f"/runs?limit=100&cursor={latest['next']}",
        "half a store back": f"/runs?limit=100&cursor={cursor(middle)}",
        "since a day": f"/runs?limit=100&since={since}",
        "failed": "/runs?limit=100&state=failed",
        "of an actor": "/runs?limit=100&actor=user7/ci",
        "of a kind": "/runs?limit=100&kind=manifest",
        "of a rare kind": "/runs?limit=100&kind=copy",
        "failed, of an actor": "/runs?limit=100&state=failed&actor=user7/ci",
        "failed, of a rare kind": "/runs?limit=100&state=failed&kind=copy",
        "of a job": "/runs?limit=100&job=nightly",
        "of a host": "/runs?limit=100&host=n00042",
        "failed, of a host": "/runs?limit=100&host=n00042&state=failed",
        "a run": f"/runs/{wide['id']}",
        "its hosts": f"/runs/{wide['id']}/hosts?limit=100",
        "its failed hosts": f"/runs/{failed['id']}/hosts?state=failed",
        "its log": f"/runs/{wide['id']}/events?limit=100",
        "hosts": "/hosts?limit=100&label=env=prod",
        "hosts by time": "/hosts?limit=100&sort=-seen",
        "hosts by text": "/hosts?limit=100&q=n009",
        "audit": "/audit?limit=100",
    }


def cursor(key):
    return base64.urlsafe_b64encode(key.encode()).decode().rstrip("=")
