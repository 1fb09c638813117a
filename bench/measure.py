"""Runs a command and accounts for it: wall time, CPU, peak memory."""

import os
import statistics
import subprocess
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TIMEOUT_S = 1800


@dataclass
class Run:
    """One finished process with all it waited for, in seconds."""

    wall: float
    cpu: float


class Failed(Exception):
    """A command that did not do its work: its time means nothing."""


def measure(command, env=None):
    """Runs a command to its end and accounts for it and for every process it waited for."""
    with tempfile.TemporaryFile() as output:
        started = time.perf_counter()
        process = subprocess.Popen(
            [str(word) for word in command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, **(env or {})},
            cwd=ROOT,
        )
        watch = threading.Timer(TIMEOUT_S, process.kill)
        watch.start()
        _, status, usage = os.wait4(process.pid, 0)
        watch.cancel()
        wall = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            output.seek(0)
            tail = output.read().decode(errors="replace")[-1500:]
            raise Failed(f"{command[0]} ended with {process.returncode}:\n{tail}")
    return Run(wall, usage.ru_utime + usage.ru_stime)


def peak_kib(command, _env):
    """Peak memory. Not from `measure`: Linux counts what the parent held before exec, too."""
    with tempfile.NamedTemporaryFile() as report:
        subprocess.run(
            ["/usr/bin/time", "-f", "%M", "-o", report.name, *map(str, command)],
            check=True,
            capture_output=True,
            cwd=ROOT,
            timeout=TIMEOUT_S,
        )
        return int(Path(report.name).read_text().split()[-1])


def median(runs, what="wall"):
    return statistics.median(getattr(run, what) for run in runs)
