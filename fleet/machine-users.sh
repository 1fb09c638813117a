#!/bin/sh
# Runs inside a fresh test machine, as root: host keys, the fleet's key, one user for each way of
# becoming root, and one for each way of logging in. The first line of standard input, before this
# script, sets `key` (the fleet's public key) and `password` (of whoever has one): a password is no
# argument, because process lists show those.
set -eu
# shellcheck disable=SC2154
: "${key:?}" "${password:?}"

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

# Who logs in by this way only, and who has one session a connection.
make_user pwlogin 1108
make_user kbdlogin 1109
make_user twologin 1110
make_user single 1111
sudo_rule single 'single ALL=(ALL:ALL) NOPASSWD: ALL'
printf '%s\n' "pwsudo:$password" "pwlogin:$password" "kbdlogin:$password" "twologin:$password" |
    chpasswd

cat >/etc/ssh/sshd_config.d/fleet.conf <<'END'
AuthorizedKeysFile .ssh/authorized_keys /etc/ssh/keys/%u
PasswordAuthentication yes
KbdInteractiveAuthentication yes
UseDNS no
Match User pwlogin
    AuthenticationMethods password
Match User kbdlogin
    AuthenticationMethods keyboard-interactive
Match User twologin
    AuthenticationMethods publickey,password
Match User single
    MaxSessions 1
END
systemctl reset-failed ssh.service 2>/dev/null || true
systemctl restart ssh.service
