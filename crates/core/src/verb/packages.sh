# Says which packages a host has (`list`), or which it could have (`search` and the words).
# A section `manager`, then `packages`; every line of a section begins with a space.
exec 2>/dev/null
LC_ALL=C PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin
export LC_ALL PATH
section() { printf '\n%s\n' "$1"; sed 's/^/ /'; }
has() { command -v "$1" >/dev/null; }
what=$1
shift
if has dpkg-query; then
    echo apt | section manager
    if [ "$what" = list ]; then
        dpkg-query -W -f '${db:Status-Abbrev}\t${Package}\t${Version}\t${Architecture}\t${Installed-Size}\t${binary:Summary}\n'
    else
        apt-cache search -- "$@"
    fi | section packages
elif has rpm; then
    echo dnf | section manager
    if [ "$what" = list ]; then
        rpm -qa --qf '%{NAME}\t%{VERSION}-%{RELEASE}\t%{ARCH}\t%{SIZE}\t%{SUMMARY}\n'
    else
        dnf -q -C repoquery --qf '%{name}\t%{version}-%{release}\t%{arch}\t\t%{summary}\n' -- "*$1*"
    fi | section packages
elif has apk; then
    echo apk | section manager
    if [ "$what" = list ]; then apk list -I; else apk search -v -- "$@"; fi | section packages
fi
printf '\nend\n'
