# Switches the host off (`off`) in $2 minutes and tells its users $3, or takes that back (`keep`).
# The command ends before the host does: so it is known to have been given.
LC_ALL=C PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin
export LC_ALL PATH
has() { command -v "$1" >/dev/null; }
# Its process, where there is no shutdown that could be asked. A folder that only root writes.
note=/run/hep-power-off

# Runs the rest apart from this connection.
apart() {
    if has setsid; then
        setsid "$@" </dev/null >/dev/null 2>&1 &
    else
        nohup "$@" </dev/null >/dev/null 2>&1 &
    fi
}

if [ "$(id -u)" != 0 ]; then
    echo 'only root can do this: become root by sudo' >&2
    exit 1
fi
if [ "$1" = keep ]; then
    if has shutdown; then
        shutdown -c && echo 'taken back'
        exit
    fi
    [ -s "$note" ] && kill "$(cat "$note")" && rm -f "$note" && echo 'taken back'
    exit
fi

minutes=$2 notice=$3
if [ "$minutes" -gt 0 ] && has shutdown; then
    exec shutdown -h "+$minutes" "$notice"
fi
has wall && printf '%s\n' "$notice" | wall
if [ "$minutes" -gt 0 ]; then
    apart sh -c 'echo $$ >"$1"; sleep "$2"; rm -f "$1"; exec poweroff' hep "$note" $((minutes * 60))
elif [ -d /run/systemd/system ] && has systemd-run; then
    systemd-run --quiet --on-active=1 --timer-property=AccuracySec=100ms systemctl poweroff || exit
elif has shutdown; then
    apart sh -c 'sleep 1; exec shutdown -h now'
elif has poweroff; then
    apart sh -c 'sleep 1; exec poweroff'
else
    echo 'this host has neither shutdown nor poweroff' >&2
    exit 1
fi
echo "switched off in $minutes minutes"
