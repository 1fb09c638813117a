# shellcheck shell=bash
# Where the test fleets keep their things, and the few verbs that every script here uses. Sourced, not run.
# The variables are read by the scripts that source this file.
# shellcheck disable=SC2034

fleet_root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
fleet_dir="${HEP_FLEET:-$fleet_root/target/fleet}"
# Several checkouts may run fleets on one machine: names that the machine shares carry this mark.
fleet_mark="$(printf '%s' "$fleet_dir" | sha256sum | cut -c1-6)"
fleet_key="$fleet_dir/key"
breadth_dir="$fleet_dir/breadth"
machines_dir="$fleet_dir/machines"
# The suite of the machines' image, and a number to raise whenever what goes into the image changes.
machine_suite="${HEP_MACHINE_SUITE:-bookworm}"
machine_image="hep-test:$machine_suite-2"

say() { printf 'fleet: %s\n' "$*" >&2; }

fail() {
    printf 'fleet: %s\n' "$*" >&2
    exit 1
}

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

docker_cli() { as_root docker "$@"; }

container_of() { printf 'hep-%s-%s' "$fleet_mark" "$1"; }

# Is the process of a pid file alive, and is it still the program we started?
alive() { # PID-FILE PROGRAM
    local pid
    pid="$(cat "$1" 2>/dev/null)" || return 1
    [ -n "$pid" ] && [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = "$2" ]
}

# Calls a command every 0.1 s until it succeeds; gives up after the seconds given.
wait_until() { # SECONDS COMMAND...
    local end=$((SECONDS + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        [ "$SECONDS" -lt "$end" ] || return 1
        sleep 0.1
    done
}

# The fleet's one client key; made anew for each fleet directory.
make_key() {
    mkdir -p "$fleet_dir"
    [ -f "$fleet_key" ] || ssh-keygen -q -t ed25519 -N '' -C hep-test-fleet -f "$fleet_key"
}

port_is_free() { ! (exec 3<>"/dev/tcp/$1/$2") 2>/dev/null; } # ADDRESS PORT

# The first port of an address that nobody listens on, from the one given upwards.
free_port() { # ADDRESS FIRST
    local port=$2
    until port_is_free "$1" "$port"; do port=$((port + 1)); done
    printf '%s' "$port"
}
