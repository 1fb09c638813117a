"""The rows of the web page: how long the server takes for each, what it weighs, and what Lighthouse says."""

import http.client
import json
import os
import statistics
import subprocess
import time
import urllib.parse

import seed
from client import percentile
from measure import ROOT, Failed
from served import POSTGRES, SQLITE, Served
from tools import HEP

HOSTS, TIMES = 10_000, 20
SLOWEST_S, FIRST_BYTES, LATER_BYTES = 0.05, 150 * 1024, 30 * 1024
BEST = ("performance", "accessibility", "best-practices")
LEAST_SCORE, LIVE_HOSTS = 95, 100
NAME, PASSWORD = "page", "the-hammer-of-the-smith"
# One of each noun and what stands in the places of paths, as the tests in the browser have them.
NOUNS = json.loads((ROOT / "browser/lib/nouns.json").read_text())


class Page:
    """One method a work; each makes rows of the table."""

    def __init__(self, server):
        self.server, self.bench, self.fleet = server, server.bench, server.fleet

    def works(self):
        return {"pages": self.pages, "lighthouse": self.lighthouse}

    # Time and bytes -----------------------------------------------------------------------------

    def pages(self):
        work = f"every page of the web page, {HOSTS:,} hosts and {seed.HOST_RUNS:,} host runs"
        self.server.on_both(work, lambda kind: self.pages_on(kind, work))

    def pages_on(self, kind, work):
        with Served(kind, self.fleet, "page") as served:
            addresses, visitor = filled(served), Visitor(served)
            parts = [part for part in addresses if not visitor.is_page(part)]
            took, weighs = {}, {}
            for address in addresses:
                took[address] = [visitor.get(address)[0] for _ in range(TIMES)]
            for address in addresses:
                weighs[address] = len(visitor.get(address)[1])
            common = visitor.common()
        slow = {address: percentile(times, 0.95) for address, times in took.items()}
        order = sorted(slow, key=slow.get, reverse=True)
        worst = ", ".join(f"{address} {slow[address] * 1000:.0f} ms" for address in order[:4])
        every = [time for times in took.values() for time in times]
        late = [address for address in order if slow[address] > SLOWEST_S]
        self.bench.note(f"{work}, {kind}", {
            address: {"p95 ms": round(slow[address] * 1000, 1), "bytes": weighs[address]}
            for address in order
        })  # fmt: skip
        self.server.row(
            work,
            f"**hep serve**, {kind}",
            f"p95 {slow[order[0]] * 1000:.0f} ms",
            "",
            "",
            f"{len(addresses)} pages × {TIMES}",
            f"of the slowest page; of all p95 {percentile(every, 0.95) * 1000:.0f} ms, median "
            f"{statistics.median(every) * 1000:.1f} ms; slowest: {worst}; "
            f"{len(late)} pages over; reach 50 ms each",
            not late,
        )
        heavy = sorted(weighs, key=weighs.get, reverse=True)
        first, later = weighs[heavy[0]] + common, weighs[heavy[0]]
        over = sum(weight > LATER_BYTES for weight in weighs.values())
        shown = ", ".join(f"{address} {weighs[address] / 1024:.1f} KB" for address in heavy[:3])
        self.server.row(
            f"bytes of the same pages, packed, {kind}",
            "**hep serve**",
            f"{first / 1024:.0f} KB at first, {later / 1024:.1f} KB after",
            "",
            "",
            f"{len(addresses) - len(parts)} pages",
            f"scripts and styles of all pages {common / 1024:.0f} KB; heaviest: {shown}; "
            f"{over} over; reach 150 KB and 30 KB",
            first <= FIRST_BYTES and later <= LATER_BYTES,
        )

    # Lighthouse ---------------------------------------------------------------------------------

    def lighthouse(self):
        work = f"Lighthouse, {HOSTS:,} hosts and {seed.HOST_RUNS:,} host runs"
        with Served(SQLITE, self.fleet, "lighthouse") as served:
            filled(served)
            served.register_fleet(LIVE_HOSTS)
            names = ",".join(self.fleet.names[:LIVE_HOSTS])
            line = "i=0; while [ $i -lt 900 ]; do date +%T.%3N; sleep 1; i=$((i+1)); done"
            run = served.run(line, names, LIVE_HOSTS)
            visitor = Visitor(served)
            main = {
                "overview": "/ui/",
                "hosts": "/ui/hosts",
                "host": f"/ui/hosts/{self.fleet.names[0]}",
                "runs": "/ui/runs",
                "run, live": f"/ui/runs/{run}",
            }
            try:
                scores = {name: self.scores(visitor, main[name]) for name in main}
            finally:
                served.api.call("POST", f"/runs/{run}/cancel")
                served.ended(run)
        for name, form in ((name, form) for name in main for form in scores[name]):
            found = scores[name][form]
            least = min(found[word] for word in BEST)
            self.server.row(
                work,
                f"{name}, {form}",
                " · ".join(f"{found[word]:.0f}" for word in BEST),
                "",
                "",
                "1",
                f"performance, accessibility, best practices; reach 95 each{found['why']}",
                least >= LEAST_SCORE,
            )

    def scores(self, visitor, path):
        """What Lighthouse says of a page, on a phone and on a desk."""
        script = ROOT / "bench/lighthouse.mjs"
        words = ["node", script, visitor.url(path), visitor.cookie]
        done = subprocess.run(map(str, words), capture_output=True, text=True, timeout=600)
        if done.returncode != 0:
            raise Failed(f"Lighthouse: {done.stderr[-1500:]}")
        found = json.loads(done.stdout)
        for form in found.values():
            form["why"] = "".join(f"; {reason}" for reason in form.pop("missed"))
        return found


class Visitor:
    """Somebody in front of the page: signs in by the form, and asks as a browser does."""

    def __init__(self, served):
        body = {"name": NAME, "password": PASSWORD, "role": "admin"}
        served.api.call("POST", "/users", body)
        self.address = served.api.address
        self.line = http.client.HTTPConnection(*self.address, timeout=120)
        self.cookie = ""
        self.sign_in()

    def url(self, path):
        return f"http://{self.address[0]}:{self.address[1]}{path}"

    def sign_in(self):
        body = urllib.parse.urlencode({"name": NAME, "password": PASSWORD})
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "Sec-Fetch-Site": "same-origin",
        }
        self.line.request("POST", "/ui/sign-in", body, headers)
        answer = self.line.getresponse()
        answer.read()
        if answer.status != 303:
            raise Failed(f"signing in: {answer.status}")
        self.cookie = answer.getheader("Set-Cookie").partition(";")[0]

    def get(self, path, encodings="gzip, br"):
        """How long a page takes, in seconds, and its body as it came."""
        headers = {"Cookie": self.cookie, "Accept-Encoding": encodings}
        started = time.perf_counter()
        self.line.request("GET", path, headers=headers)
        answer = self.line.getresponse()
        body = answer.read()
        took = time.perf_counter() - started
        if answer.status not in (200, 422):
            raise Failed(f"{path}: {answer.status} {body[:300]!r}")
        return took, body

    def is_page(self, path):
        return self.get(path, "identity")[1].rstrip().endswith(b"</html>")

    def common(self):
        """Bytes of what every page has: scripts, styles, the icon."""
        page = self.get("/ui/", "identity")[1].decode()
        found = {word for word in page.split('"') if word.startswith("/ui/assets/")}
        if len(found) < 3:
            raise Failed("the bundle of the page is not there: make web")
        return sum(len(self.get(path)[1]) for path in found)


def filled(served):
    """Fills the store, and says where all pages are."""
    seed.register(served, HOSTS)
    seed.old_runs(served)
    address = {"name": "web1", "address": "192.0.2.1", "labels": {"env": "prod"}}
    served.api.call("POST", "/hosts", address)
    ids = {path[1:]: served.api.call("POST", path, body).get("id") for path, body in NOUNS["make"]}
    failed = served.api.call("GET", "/runs?limit=1000&state=failed")["items"]
    ids["runs"] = next(run["id"] for run in failed if run["hosts"] > 1)
    done = subprocess.run([HEP, "pages"], capture_output=True, text=True, check=True, env={**os.environ})
    routes = [line.split() for line in done.stdout.splitlines()]
    apart = (*NOUNS["redirects"],)
    paths = [
        path
        for method, path in routes
        if method == "GET" and path not in apart and not path.endswith(tuple(NOUNS["streams"]))
    ]
    return [address for path in paths for address in views(path, ids)]


def views(path, ids):
    """A path with its places filled, and the same with its other views."""
    noun = path.split("/")[2]
    places = dict(NOUNS["places"], id=ids.get(noun) or ids["runs"])
    if noun in ("grants", "tokens"):
        places["name"] = ids[noun]
    filled_in = path
    for name, value in places.items():
        filled_in = filled_in.replace(f"{{{name}}}", value)
    if "{" in filled_in:
        raise Failed(f"nobody knows what stands in {path}: say so in browser/lib/nouns.json")
    return [filled_in + view for view in ("", *NOUNS["more"].get(path, ()))]
