# shellcheck shell=bash
# Where the test fleets keep their things, and the few verbs that every script here uses. Sourced,
# not run. The variables are read by the scripts that source this file.
# shellcheck disable=SC2034

fleet_root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
fleet_dir="${HEP_FLEET:-$fleet_root/target/fleet}"
# Several checkouts may run fleets on one machine: names that the machine shares carry this mark.
fleet_mark="$(printf '%s' "$fleet_dir" | sha256sum | cut -c1-6)"
fleet_key="$fleet_dir/key"
breadth_dir="$fleet_dir/breadth"
machines_dir="$fleet_dir/machines"
# The hosts that are an sshd of ours. As root they have a user of their own with a plain /bin/sh: a
# slow .bashrc would falsify every figure, and nothing that a test does there is done as root.
if [ "$(id -u)" = 0 ]; then
    hosts_user=hepfleet
    hosts_shared=/var/lib/hepfleet
    hosts_state="$hosts_shared/$fleet_mark"
else
    hosts_user="$(id -un)"
    hosts_state="$fleet_dir/hosts"
fi
# The suite of the machines' image, and a number to raise whenever what goes into the image changes.
machine_suite="${HEP_MACHINE_SUITE:-bookworm}"
machine_image="hep-test:$machine_suite-2"
# The same for the base of our own image.
base_image="hep-base:$machine_suite-1"

say() { printf 'fleet: %s\n' "$*" >&2; }

fail() {
    printf 'fleet: %s\n' "$*" >&2
    exit 1
}

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    else
        command -v sudo >/dev/null || fail "this needs root: '$*'; sudo is not installed"
        sudo "$@"
    fi
}

check_name() { # NAME
    case "$1" in
        '' | *[!a-z0-9-]*) fail "a name has small letters, digits and '-', not '$1'" ;;
    esac
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

# The greeting of sshd.
greets() { # ADDRESS PORT
    local line
    (exec 3<>"/dev/tcp/$1/$2" && read -r -t 1 line <&3 && [ "${line#SSH-}" != "$line" ]) 2>/dev/null
}

# Until this script ends, no other script of this fleet takes ports or writes the common files.
alone() {
    mkdir -p "$fleet_dir"
    exec 9>"$fleet_dir/lock"
    flock 9
}

port_is_free() { ! (exec 3<>"/dev/tcp/$1/$2") 2>/dev/null; } # ADDRESS PORT

# The first port of an address that nobody listens on, from the one given upwards.
free_port() { # ADDRESS FIRST
    local port=$2
    until port_is_free "$1" "$port"; do port=$((port + 1)); done
    printf '%s' "$port"
}

# The user that the sshd hosts let in, with the fleet's key. Everything it needs lies where it may
# read.
make_hosts_user() {
    make_key
    if [ "$hosts_user" = hepfleet ]; then
        id -u hepfleet >/dev/null 2>&1 ||
            useradd --system --shell /bin/sh --home-dir "$hosts_shared" --create-home hepfleet
        # Not locked, but without a password: sshd without PAM refuses locked users. Only where it is not
        # so yet: a new /etc/passwd takes the place of what tests beside us have mounted there.
        [ "$(getent shadow hepfleet | cut -d: -f2)" = '*' ] || usermod -p '*' hepfleet
        chmod 755 "$hosts_shared"
        install -d -m 755 /run/sshd
    fi
    mkdir -p "$hosts_state"
    chmod 711 "$hosts_state"
    install -m 644 "$fleet_key.pub" "$hosts_state/authorized_keys"
}

sshd_program() {
    local sshd
    sshd="$(command -v sshd || echo /usr/sbin/sshd)"
    [ -x "$sshd" ] || fail "sshd is not installed; 'make setup' installs it"
    printf '%s' "$sshd"
}

# What every private sshd is told. It listens everywhere because no list of addresses holds a
# thousand; AllowUsers keeps everyone but this machine out.
sshd_config() { # DIR PORT
    cat <<END
Port $2
ListenAddress 0.0.0.0
AllowUsers $hosts_user@127.0.0.0/8
HostKey $1/host_key
PidFile $1/sshd.pid
AuthorizedKeysFile $hosts_state/authorized_keys
StrictModes no
UsePAM no
UseDNS no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitUserEnvironment no
PermitRootLogin no
PrintMotd no
PrintLastLog no
LogLevel ERROR
Subsystem sftp internal-sftp
END
    # OpenSSH 9.8 and later punish an address for many connections; all of ours come from one.
    local gentle='PerSourcePenalties no'
    if "$(sshd_program)" -t -h "$1/host_key" -f /dev/stdin <<<"$gentle" 2>/dev/null; then
        printf '%s\n' "$gentle"
    fi
}

make_host_key() { # DIR
    mkdir -p "$1"
    [ -f "$1/host_key" ] || ssh-keygen -q -t ed25519 -N '' -C hep-test-host -f "$1/host_key"
}

# Ends a private sshd and the sessions it still holds.
end_sshd() { # DIR
    local pid sessions=()
    alive "$1/sshd.pid" sshd || {
        rm -f "$1/sshd.pid"
        return 0
    }
    pid="$(cat "$1/sshd.pid")"
    # Every connection is a child of the listener.
    read -ra sessions <"/proc/$pid/task/$pid/children" || true # no newline at its end
    kill "$pid"
    [ "${#sessions[@]}" = 0 ] || kill "${sessions[@]}" 2>/dev/null || true
    wait_until 10 test ! -e "/proc/$pid" || fail "sshd (process $pid) does not end"
    rm -f "$1/sshd.pid"
}
