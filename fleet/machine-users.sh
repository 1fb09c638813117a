#!/bin/sh
# Runs inside a fresh test machine, as root: host keys, the fleet's key, and one user for each way
# of becoming root. Arguments: the fleet's public key, and the password of `pwsudo`.
set -eu
key="$1" password="$2"

# The same user always has the same number: the noexec home is mounted for it before it exists.
make_user() { # NAME NUMBER
    id -u "$1" >/dev/null 2>&1 || useradd --uid "$2" --create-home --shell /bin/sh "$1" 2>/dev/null
    usermod -p '*' "$1"
    accept_key "$1"
}

# Keys lie outside the homes: one home is a fresh tmpfs at every boot.
accept_key() { # NAME
    mkdir -p /etc/ssh/keys
    printf '%s\n' "$key" >"/etc/ssh/keys/$1"
    chmod 644 "/etc/ssh/keys/$1"
}

sudo_rule() { # NAME LINE...
    name="$1"
    shift
    printf '%s\n' "$@" >"/etc/sudoers.d/$name"
    chmod 440 "/etc/sudoers.d/$name"
}

rm -f /etc/ssh/ssh_host_*
ssh-keygen -A >/dev/null

accept_key root
make_user admin 1101
sudo_rule admin 'admin ALL=(ALL:ALL) NOPASSWD: ALL'
make_user pwsudo 1102
printf 'pwsudo:%s\n' "$password" | chpasswd
sudo_rule pwsudo 'pwsudo ALL=(ALL:ALL) ALL'
make_user plain 1103
make_user ttysudo 1104
sudo_rule ttysudo 'Defaults:ttysudo requiretty' 'ttysudo ALL=(ALL:ALL) NOPASSWD: ALL'
make_user ptysudo 1105
sudo_rule ptysudo 'Defaults:ptysudo use_pty' 'ptysudo ALL=(ALL:ALL) NOPASSWD: ALL'
make_user noexec 1106
sudo_rule noexec 'noexec ALL=(ALL:ALL) NOPASSWD: ALL'
make_user limited 1107
sudo_rule limited \
    'Cmnd_Alias FEW = /usr/bin/id, /usr/bin/apt-get, /usr/bin/systemctl, /usr/bin/tee' \
    'limited ALL=(root) NOPASSWD: FEW'

cat >/etc/ssh/sshd_config.d/fleet.conf <<'END'
AuthorizedKeysFile .ssh/authorized_keys /etc/ssh/keys/%u
PasswordAuthentication yes
KbdInteractiveAuthentication yes
UseDNS no
END
systemctl reset-failed ssh.service 2>/dev/null || true
systemctl restart ssh.service
