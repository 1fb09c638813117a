# Says how the host is: a section for each thing, every line of one begins with a space, its name does not.
# $1: `live` what changes all the time, `full` also what takes a second, `processes`, `services`.
exec 2>/dev/null
LC_ALL=C PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin
export LC_ALL PATH

section() { printf '\n%s\n' "$1"; sed 's/^/ /'; }
has() { command -v "$1" >/dev/null; }
within() {
    if has timeout; then timeout "$@"; else shift; "$@"; fi </dev/null
}

# The file systems of this machine, each once: those of others can hang, and those of single files are a container's.
disks() {
    set --
    seen=' '
    while read -r device point type rest; do
        case $type in
        nfs* | cifs | smb* | fuse* | 9p | ceph | afs | gluster* | autofs | squashfs | iso9660) continue ;;
        esac
        case $seen in
        *" $device "*) continue ;;
        esac
        case $device,$type,$point in
        /dev/*,*,* | *,zfs,* | *,*,/)
            point=$(printf '%b' "$point")
            [ -d "$point" ] || continue
            seen="$seen$device "
            set -- "$@" "$point"
            ;;
        esac
    done </proc/mounts
    [ $# = 0 ] || within 5 df -P -k "$@"
}

logins() {
    lines=$(within 3 who)
    if [ -z "$lines" ] && has loginctl; then
        printf 'loginctl\n'
        lines=$(within 3 loginctl list-sessions --no-legend --no-pager)
    fi
    printf '%s\n' "$lines"
}

needs_reboot() {
    if [ -e /run/reboot-required ] || [ -e /var/run/reboot-required ]; then
        printf 'required\n'
        sort -u /run/reboot-required.pkgs || sort -u /var/run/reboot-required.pkgs
    elif has needs-restarting; then
        within 20 needs-restarting -r >/dev/null
        [ $? = 1 ] && printf 'required\n'
    else
        # A kernel whose modules are gone was replaced.
        set -- /lib/modules/*
        [ -d "$1" ] && [ ! -d "/lib/modules/$(uname -r)" ] && printf 'required\nkernel\n'
    fi
}

updates() {
    if has apt-get; then
        printf 'apt\n'
        within 30 apt-get -s -q -o Debug::NoLocking=true dist-upgrade | grep '^Inst '
    elif has dnf; then
        printf 'dnf\n'
        within 30 dnf -q -C check-update
    elif has apk; then
        printf 'apk\n'
        within 30 apk version -q -l '<'
    fi
}

services() {
    if [ -d /run/systemd/system ]; then
        printf 'systemd\n'
        within 10 systemctl list-units --type=service --all --full --plain --no-legend --no-pager
        printf 'files\n'
        within 10 systemctl list-unit-files --type=service --full --no-legend --no-pager
    elif has rc-status; then
        printf 'openrc\n'
        within 10 rc-status --all --nocolor
    elif has service; then
        printf 'sysv\n'
        within 10 service --status-all
    fi
}

processes() {
    cat /proc/[0-9]*/stat | section processes
    grep -H '^Uid:' /proc/[0-9]*/status | section owners
    cut -d: -f1,3 /etc/passwd | section accounts
    { ps -ww -e -o pid= -o args= || ps -o pid,args; } | cut -c 1-400 | section commands
    { getconf PAGESIZE || echo 4096; getconf CLK_TCK || echo 100; } | section units
}

numbers() {
    cat /proc/uptime | section uptime
    grep -e '^cpu' -e '^btime' /proc/stat | section stat
}

case $1 in
services)
    services | section services
    ;;
processes)
    numbers
    processes
    ;;
*)
    numbers
    { uname -n; uname -r; grep '^PRETTY_NAME=' /etc/os-release; } | section system
    cat /proc/loadavg | section load
    cat /proc/meminfo | section memory
    disks | section disks
    cat /proc/net/dev | section network
    logins | section logins
    processes
    if [ "$1" = full ]; then
        needs_reboot | section reboot
        updates | section updates
        services | section services
    fi
    ;;
esac
printf '\nend\n'
