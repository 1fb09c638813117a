"""The thirty tasks of examples/files30.yml in pyinfra's language; the results are compared."""

from io import StringIO

from pyinfra import host
from pyinfra.operations import files

BASE = f"/tmp/hep-files30/{host.name}"
DIRECTORIES = ["bin", "etc", "etc/app.d", "lib", "log", "run", "share", "spool", "www"]

files.directory(name="The directory of this host", path=BASE, mode="755")
for directory in DIRECTORIES:
    files.directory(name=f"Directory {directory}", path=f"{BASE}/{directory}", mode="750")
for number in range(1, 16):
    files.put(
        name=f"Settings {number:02}",
        src=StringIO(
            f"# settings {number:02} of {host.name}\n"
            f"listen = 127.0.0.1:{8000 + number}\nworkers = {number}\n"
        ),
        dest=f"{BASE}/etc/app.d/{number:02}.conf",
        mode="640",
    )
for number in range(1, 6):
    files.link(
        name=f"Link {number}",
        path=f"{BASE}/share/{number}.conf",
        target=f"{BASE}/etc/app.d/{number:02}.conf",
    )
