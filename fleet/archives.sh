# shellcheck shell=bash
# Where the packages of images come from: where this machine's own apt takes them. Sourced, after
# paths.sh.
# shellcheck disable=SC2154

# One line an archive of this machine's apt: address, suite, component. Only Debian's own.
archives() {
    # shellcheck disable=SC2016 # the names are apt's
    apt-get indextargets --format '$(ORIGIN)|$(REPO_URI)|$(RELEASE)|$(COMPONENT)' \
        'Created-By: Packages' |
        awk -F'|' '$1 == "Debian" && $4 == "main" { print $2, $3, $4 }' | sort -u
}

host_suite() { (. /etc/os-release && printf '%s' "${VERSION_CODENAME:-}"); }

mirror() {
    local found
    found="$(archives | awk -v suite="$(host_suite)" '$2 == suite { print $1; exit }')"
    printf '%s' "${found:-http://deb.debian.org/debian}"
}

# On another suite than ours, the same mirrors with that suite's names.
sources_list() {
    local keys='[signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]'
    archives | sed "s/ $(host_suite)/ $machine_suite/" | sed "s|^|deb $keys |" | grep . ||
        printf 'deb %s %s %s main\n' "$keys" "$(mirror)" "$machine_suite"
}

# How this machine's apt reaches its archives (proxies, certificates, checks) holds inside, too.
apt_settings() {
    apt-config dump | grep -E '^Acquire::(http|https|Check|ForceIPv|Retries)[^ ]* "[^"]' || true
}
