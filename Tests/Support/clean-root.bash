# shellcheck shell=bash
# For tests that need a Debian root on which nothing of the build machine is: source it, then
#   clean_root_make            makes $clean_root, a throw-away copy of a minimal Debian 12 with package lists
#   clean_root_run COMMAND...  runs a command in it, in mount and process name spaces of its own
#   clean_root_remove          removes it
# Needs root, and debootstrap. The minimal root is made once per checkout (.build/clean-root).
# CLEAN_ROOT_BIND: a folder that the command sees under the same path.

clean_root=

clean_root_base() {
    local cache=$PWD/.build/clean-root base=$PWD/.build/clean-root/base mirror entry
    [ ! -e "$cache/ready" ] || return 0
    [ "$(id -u)" -eq 0 ] || { echo 'a clean Debian root needs root, for debootstrap and chroot' >&2 && return 1; }
    command -v debootstrap >/dev/null || { echo 'debootstrap is missing: run scripts/setup --package' >&2 && return 1; }
    rm -rf "$base"
    mkdir -p "$base"
    # The mirror this machine already uses, with its way to get there.
    mirror=$(awk '/^URIs:/ { print $2; exit }' /etc/apt/sources.list.d/*.sources 2>/dev/null || true)
    [ -n "$mirror" ] || mirror=$(awk '$1 == "deb" { for (i = 2; i <= NF; i++) if ($i ~ /:\/\//) { print $i; exit } }' /etc/apt/sources.list)
    debootstrap --variant=minbase --include=ca-certificates bookworm "$base" "$mirror" >"$cache/debootstrap.log" 2>&1 ||
        { tail -5 "$cache/debootstrap.log" >&2 && return 1; }
    rm -f "$base/etc/apt/sources.list"
    for entry in sources.list sources.list.d apt.conf.d auth.conf.d keyrings trusted.gpg.d; do
        [ ! -e "/etc/apt/$entry" ] || cp -aL "/etc/apt/$entry" "$base/etc/apt/"
    done
    cp -aL /etc/ssl/certs/. "$base/etc/ssl/certs/" 2>/dev/null || true  # a mirror may have a certificate of its own
    printf '#!/bin/sh\nexit 101\n' >"$base/usr/sbin/policy-rc.d"
    chmod 755 "$base/usr/sbin/policy-rc.d"
    for entry in /etc/resolv.conf /etc/hosts; do cat "$entry" >"$base$entry"; done
    chroot "$base" apt-get -qq update >"$cache/update.log" 2>&1 || { tail -5 "$cache/update.log" >&2 && return 1; }
    : >"$cache/ready"
}

clean_root_make() {
    clean_root_base || return 1
    clean_root=$(mktemp -d "$PWD/.build/clean-root/root.XXXXXX")
    chmod 755 "$clean_root"
    cp -a .build/clean-root/base/. "$clean_root/"
    for file in /etc/resolv.conf /etc/hosts; do cat "$file" >"$clean_root$file"; done
}

clean_root_run() {
    # shellcheck disable=SC2016 # expanded by the inner shell
    CLEAN_ROOT=$clean_root BIND=${CLEAN_ROOT_BIND:-} unshare --mount --pid --fork --kill-child bash -euo pipefail -c '
        mount --make-rprivate /
        mount -t proc proc "$CLEAN_ROOT/proc"
        mount --rbind /dev "$CLEAN_ROOT/dev"
        if [ -n "$BIND" ]; then mkdir -p "$CLEAN_ROOT$BIND" && mount --bind "$BIND" "$CLEAN_ROOT$BIND"; fi
        exec env -i HOME=/root LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive \
            PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin chroot "$CLEAN_ROOT" "$@"
    ' clean-root "$@"
}

clean_root_remove() { [ -z "$clean_root" ] || rm -rf "$clean_root"; }
