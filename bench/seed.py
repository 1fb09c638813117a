"""Fills a server's database for the benchmarks: hosts by the server's own calls, old runs by SQL."""

import datetime
import random
import sqlite3
import subprocess

from measure import Failed
from served import SQLITE

STORE_HOSTS = 1000
WIDE, WIDE_HOSTS, NARROW = 9500, 100, 50_000
HOST_RUNS = WIDE * WIDE_HOSTS + NARROW
DAYS = 80


def register(served, count):
    """So many hosts with labels and facts, half of them `env=prod`."""
    names = [f"n{number:05}" for number in range(1, count + 1)]
    lines = [
        f"{name} ansible_host=192.0.2.{number % 250 + 1} rack=r{number % 40} role=backend"
        for number, name in enumerate(names)
    ]
    lines += ["[prod]", *names[::2], "[test]", *names[1::2], "[web]", *names[::3]]
    served.import_text("\n".join(lines) + "\n")
    for env in ("prod", "test"):
        labels = {"env": env, "site": "fra"}
        served.api.call("POST", "/hosts/bulk", {"selector": f"@{env}", "add_labels": labels})
    facts = '{"ansible_distribution": "Debian", "x": "' + "f" * 8000 + '"}'
    script(served, f"UPDATE hosts SET facts = '{facts}', facts_ms = created_ms;")


def old_runs(served):
    """A million host runs of the last months, of runs on a hundred hosts and on one."""
    served.api.call("POST", "/jobs", {
        "name": "nightly",
        "subject": {"kind": "command", "line": "uptime"},
        "selector": "all",
    })  # fmt: skip
    job = served.api.call("GET", "/jobs/nightly")["id"]
    blob = "CAST({} AS BLOB)" if served.kind == SQLITE else "convert_to({}, 'UTF8')"
    parts = [runs(job), HOSTS_OF_RUNS]
    for kind, stream, seq, text in EVENTS:
        body = blob.format(text)
        parts.append(EVENT.format(kind=kind, stream=stream, seq=seq, body=body))
    for seq, text in ENDS:
        parts.append(END.format(seq=seq, body=blob.format(text)))
    parts.append("DROP TABLE seeded; DROP TABLE numbers;")
    if served.kind != SQLITE:
        # By itself it would do so within a minute.
        parts.append("ANALYZE;")
    script(served, "\n".join(parts))


def runs(job):
    """The statements that make the runs, and what the host runs are made from."""
    chance = random.Random(7)
    sizes = [WIDE_HOSTS] * WIDE + [1] * NARROW
    chance.shuffle(sizes)
    now = int(datetime.datetime.now().timestamp() * 1000)
    step = DAYS * 86_400_000 // len(sizes)
    rows = []
    for number, hosts in enumerate(sizes):
        at = now - DAYS * 86_400_000 + number * step
        failed = chance.random() < 0.08
        state, bad = ("failed", 1) if failed else ("succeeded", 0)
        counts = {"succeeded": hosts - bad, "failed": bad}
        counts = ", ".join(f'"{name}": {count}' for name, count in counts.items() if count)
        kind = chance.choices(["command", "manifest", "verb", "copy"], [700, 250, 49, 1])[0]
        subject = '{"kind": "command", "line": "apt-get -s upgrade"}'
        nightly = f"'{job}', 'nightly'" if number % 50 == 0 else "NULL, NULL"
        rows.append(
            f"('{run_id(at, number)}', '{kind}', '{subject}', '@web', 'token', 'user{number % 40}/ci',"
            f" '{state}', '{{{counts}}}', {hosts}, {2 * hosts + 4}, {at}, {at + 100}, {at + 2000},"
            f" {at + 86_400_000}, {nightly}, 1)"
        )
    columns = (
        "id, kind, subject, selector, actor_kind, actor_name, state, counts, hosts, next_seq,"
        " created_ms, started_ms, ended_ms, deadline_ms, job_id, job_name, fence"
    )
    groups = [rows[first : first + 500] for first in range(0, len(rows), 500)]
    made = [f"INSERT INTO runs ({columns}) VALUES {','.join(group)};" for group in groups]
    return "\n".join(["BEGIN;", *made, "COMMIT;"])


def run_id(at, number):
    """A UUIDv7 as the server makes them: in the order of time."""
    return f"{at >> 16:08x}-{at & 0xFFFF:04x}-7{number % 4096:03x}-8000-{number:012x}"


HOSTS_OF_RUNS = f"""
CREATE TABLE numbers (number BIGINT NOT NULL PRIMARY KEY);
INSERT INTO numbers WITH RECURSIVE n(number) AS (
    SELECT 0 UNION ALL SELECT number + 1 FROM n WHERE number < {WIDE_HOSTS - 1})
    SELECT number FROM n;
CREATE TABLE seeded (number BIGINT NOT NULL PRIMARY KEY, id TEXT NOT NULL, name TEXT NOT NULL);
INSERT INTO seeded SELECT ROW_NUMBER() OVER (ORDER BY name) - 1, id, name FROM hosts;
INSERT INTO host_runs (run_id, position, host_id, host_name, state, attempt, node_id, fence, rc,
        started_ms, ended_ms)
    SELECT r.id, n.number, h.id, h.name,
        CASE WHEN r.state = 'failed' AND n.number = 0 THEN 'failed' ELSE 'succeeded' END,
        1, '01990000-0000-7000-8000-000000000000', 1,
        CASE WHEN r.state = 'failed' AND n.number = 0 THEN 1 ELSE 0 END,
        r.created_ms + 120, r.created_ms + 1900
    FROM runs r JOIN numbers n ON n.number < r.hosts
    JOIN seeded h ON h.number = (r.created_ms / 1000 + n.number) % {STORE_HOSTS};
"""

EVENT = """
INSERT INTO events (run_id, seq, at_ms, kind, host_name, stream, body)
    SELECT run_id, {seq}, started_ms + 700, '{kind}', host_name, {stream}, {body} FROM host_runs;
"""

EVENTS = [
    (
        "output",
        "'stdout'",
        "2 * position + 3",
        "'0 upgraded, 0 newly installed, 0 to remove and 0 not upgraded on ' || host_name || '.'",
    ),
    (
        "host",
        "NULL",
        "2 * position + 4",
        """'{"state":"' || state || '","rc":0,"duration_ms":1780}'""",
    ),
]

END = """
INSERT INTO events (run_id, seq, at_ms, kind, host_name, stream, body)
    SELECT id, {seq}, ended_ms, 'run', NULL, NULL, {body} FROM runs;
"""

ENDS = [
    ("1", """'{"state":"queued","by":"' || actor_name || '"}'"""),
    ("2", """'{"state":"running","node":"01990000-0000-7000-8000-000000000000"}'"""),
    ("next_seq - 1", """'{"state":"' || state || '","reason":""}'"""),
]


def script(served, text):
    """Statements without parameters, beside the running server."""
    if served.kind == SQLITE:
        line = sqlite3.connect(served.folder / "hep.db", timeout=60)
        # What is seeded need not outlive a power cut.
        line.execute("PRAGMA synchronous = OFF")
        line.executescript(text)
        line.close()
        return
    file = served.folder / "seed.sql"
    file.write_text(text)
    words = ["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", served.database, "-f", str(file)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=900)
    if done.returncode != 0:
        raise Failed(f"psql: {done.stderr[-1000:]}")


def rows(served):
    """How many rows the runs take, by table."""
    found = {}
    for table in ("host_runs", "events", "runs"):
        statement = f"SELECT COUNT(*) FROM {table}"
        if served.kind == SQLITE:
            line = sqlite3.connect(served.folder / "hep.db", timeout=60)
            found[table] = line.execute(statement).fetchone()[0]
            line.close()
        else:
            found[table] = int(served.ask(statement))
    return found
