# Sends the signal $1 to processes: `pids` and their ids, or `name` and the name of their program. An id may say when
# its process started, in ticks since boot: PID:STARTED.
# Not to the first process, the kernel's own, those on which this one depends, and our own executor.
exec 2>/dev/null
LC_ALL=C
export LC_ALL
signal=$1 by=$2
shift 2

own=' 1 2 ' p=$$
while [ "${p:-0}" -gt 1 ]; do
    own="$own$p "
    p=$(sed -n 's/^PPid:[[:space:]]*//p' "/proc/$p/status")
done

hit=0 refused=0 missing=0 denied=0
say() { printf '%s %s %s\n' "$1" "$2" "$(sed 's/[^ -~]/?/g;1q' <"/proc/$2/comm")"; }
is_ours() {
    case $own in *" $1 "*) return 0 ;; esac
    grep -q '^PPid:[[:space:]]*2$' "/proc/$1/status" && return 0
    case $(readlink "/proc/$1/exe") in */.cache/hep/* | /var/cache/hep/* | /var/tmp/hep-* | /tmp/hep-*) return 0 ;; esac
    return 1
}
# Whether the process $1 started at $2. Its name stands in brackets and may hold anything.
is_since() {
    started=$2
    stat=$(tr '\n' ' ' <"/proc/$1/stat")
    # shellcheck disable=SC2086 # its fields are wanted
    set -- ${stat##*) }
    [ "${20}" = "$started" ]
}
one() {
    case $1 in
    *:*)
        if is_since "${1%%:*}" "${1#*:}"; then
            set -- "${1%%:*}"
        else
            missing=$((missing + 1))
            printf 'missing %s\n' "${1%%:*}"
            return
        fi
        ;;
    esac
    if ! [ -d "/proc/$1" ]; then
        missing=$((missing + 1))
        printf 'missing %s\n' "$1"
    elif is_ours "$1"; then
        refused=$((refused + 1))
        say refused "$1"
    else
        line=$(say signalled "$1")
        if kill -s "$signal" "$1"; then
            hit=$((hit + 1))
            printf '%s\n' "$line"
        elif [ -d "/proc/$1" ]; then
            denied=$((denied + 1))
            say denied "$1"
        else
            missing=$((missing + 1))
            printf 'missing %s\n' "$1"
        fi
    fi
}

if [ "$by" = pids ]; then
    for pid; do one "$pid"; done
else
    # The kernel keeps 15 bytes of a name; what is longer is in the first word of the command line.
    short=$(printf '%.15s' "$1")
    for d in /proc/[0-9]*; do
        { IFS= read -r comm <"$d/comm"; } || continue
        [ "$comm" = "$short" ] || continue
        if [ "$short" != "$1" ]; then
            first=$(tr '\0' '\n' <"$d/cmdline" | sed 1q)
            [ "${first##*/}" = "$1" ] || continue
        fi
        # What has ended and waits to be cleared away cannot be signalled.
        grep -q '^State:[[:space:]]*Z' "$d/status" && continue
        one "${d#/proc/}"
    done
fi
printf 'total %s signalled, %s refused, %s missing, %s denied\n' "$hit" "$refused" "$missing" "$denied"
[ $((refused + missing + denied)) = 0 ]
