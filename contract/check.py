#!/usr/bin/env python3
"""Holds a server against its own OpenAPI document: `contract/check.py HEP [EXAMPLES [SEED]]`.

Starts `HEP serve` on loopback with a database of its own, and lets schemathesis make calls from the document, as
an administrator: no answer may be a fault of ours, and each must be one that the document promises. The seed is
fixed, so that a failure is found again.
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / "target/contract/venv"
WANTED = ROOT / "contract/requirements.txt"
# What no server can promise: a call that the document allows may be refused for what is in the register.
LEFT_OUT = "positive_data_acceptance"


def install():
    """Puts schemathesis into a folder of its own, once for each content of requirements.txt."""
    mark = VENV / "installed.txt"
    if mark.exists() and mark.read_text() == WANTED.read_text():
        return
    print("contract: installing schemathesis from PyPI into target/contract", file=sys.stderr)
    subprocess.run(["/usr/bin/python3", "-m", "venv", "--clear", VENV], check=True)
    pip = [VENV / "bin/pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "-r", WANTED], check=True)
    mark.write_text(WANTED.read_text())


def token(hep, environment):
    """A token of an administrator."""
    for words in (["create-user", "contract", "--role", "admin"], ["create-token", "contract"]):
        done = subprocess.run(
            [hep, "admin", *words], env=environment, check=True, stdout=subprocess.PIPE, text=True
        )
    return done.stdout.split()[-1]


def listening(server, log):
    """The address that a server says it listens on."""
    while server.poll() is None:
        for word in log.read_text().split():
            if word.startswith("http://"):
                return word.rstrip(".,")
        time.sleep(0.05)
    sys.exit(f"contract: the server ended before it listened:\n{log.read_text()}")


def check(address, secret, examples, seed):
    """Makes the calls; the exit code of schemathesis."""
    line = [VENV / "bin/schemathesis", "run", f"{address}/api/v1/openapi.json"]
    line += ["--header", f"Authorization: Bearer {secret}"]
    # With its own token or user gone, the rest would only be refused.
    for ends_us in ("token_delete", "session_delete", "user_patch", "user_replace", "user_delete"):
        line += ["--exclude-operation-id", ends_us]
    line += ["--exclude-checks", LEFT_OUT, "--max-examples", examples, "--seed", seed]
    line += ["--generation-database", "none", "--request-timeout", "30"]
    # A machine with much to do is no fault of the server.
    line += ["--suppress-health-check", "all"]
    return subprocess.run(line, cwd=ROOT / "target/contract").returncode


def main():
    hep = str(Path(sys.argv[1]).resolve())
    examples, seed = (sys.argv[2:] + ["10", "1"][len(sys.argv) - 2 :])[:2]
    install()
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {
            "HOME": folder,
            "HEP_STATE_DIRECTORY": folder,
            "HEP_LISTEN": "127.0.0.1:0",
            # They come from one address and as one user.
            "HEP_LIMIT_REQUESTS_PER_MINUTE": "10000000",
        }
        secret = token(hep, environment)
        log = Path(folder) / "log"
        with log.open("w") as output:
            server = subprocess.Popen([hep, "serve"], env=environment, stderr=output)
        try:
            code = check(listening(server, log), secret, examples, seed)
        finally:
            server.terminate()
            server.wait(timeout=60)
        sys.exit(code)


main()
