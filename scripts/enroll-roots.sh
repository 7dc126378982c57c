#!/usr/bin/env bash
# Tests the start-up script of Linux in the roots of other systems. By hand, as root: each root takes 1 to 2 minutes, and as long
# again to make, once, in the cache. A root whose mirror is not reached is skipped.
# Usage: scripts/enroll-roots.sh [--bash PROGRAM] [ROOT…]     ROOT: debian-12, ubuntu-24.04, ubuntu-16.04; without any, all

. "$(dirname "$0")/common.sh"

ROOTS=$CACHE/roots
DEBIAN_MIRROR=${DEBIAN_MIRROR:-http://deb.debian.org/debian}
UBUNTU_MIRROR=${UBUNTU_MIRROR:-http://archive.ubuntu.com/ubuntu}
# Debian 12 does not package Ubuntu's keys, so they are those of this package, by its hash.
UBUNTU_KEYS=pool/main/u/ubuntu-keyring/ubuntu-keyring_2023.11.28.1_all.deb
UBUNTU_KEYS_SHA256=36de43b15853ccae0028e9a767613770c704833f82586f28eb262f0311adb8a8

options=()
if [ "${1:-}" = --bash ]; then
    [ -x "${2:-}" ] || fail "--bash needs a program. Usage: scripts/enroll-roots.sh [--bash PROGRAM] [ROOT…]"
    options=(--bash "$(realpath "$2")")
    shift 2
fi
[ "$#" -gt 0 ] || set -- debian-12 ubuntu-24.04 ubuntu-16.04
[ "$(id -u)" = 0 ] || fail "only root can make and use the roots. Run this as root, or with sudo"

# is_reached MIRROR SUITE: fails if the mirror does not serve the suite.
is_reached() { curl --silent --fail --max-time 30 --output /dev/null "$1/dists/$2/Release"; }

# fetch_ubuntu_keys: extracts the package with Ubuntu's keys, unless it is in the cache.
fetch_ubuntu_keys() {
    local package=$ROOTS/ubuntu-keyring.deb
    [ ! -d "$ROOTS/ubuntu-keyring" ] || return 0
    curl --silent --show-error --fail --max-time 60 --output "$package" "$UBUNTU_MIRROR/$UBUNTU_KEYS" ||
        fail "Ubuntu's keys could not be downloaded: $UBUNTU_MIRROR/$UBUNTU_KEYS"
    sha256sum --check --quiet <<<"$UBUNTU_KEYS_SHA256  $package" || fail "$UBUNTU_MIRROR/$UBUNTU_KEYS has another hash"
    dpkg-deb --extract "$package" "$ROOTS/ubuntu-keyring"
    rm "$package"
}

# make_root NAME SUITE MIRROR OPTION…: makes a root with debootstrap, unless it is in the cache.
make_root() {
    local folder=$ROOTS/$1 suite=$2 mirror=$3 script=()
    shift 3
    [ ! -d "$folder" ] || return 0
    # Debootstrap does not know suites that are newer than itself; all of Ubuntu's have one script.
    [ "$mirror" != "$UBUNTU_MIRROR" ] || script=(/usr/share/debootstrap/scripts/gutsy)
    say "Making $folder"
    rm -rf "$folder.new"
    # In a namespace, so that no mount outlives it.
    unshare --mount debootstrap --force-check-gpg --variant=minbase --include=ca-certificates,curl "$@" \
        "$suite" "$folder.new" "$mirror" "${script[@]}" >"$folder.log" 2>&1 || fail "debootstrap failed: see $folder.log"
    mv "$folder.new" "$folder"
}

for program in curl:curl debootstrap:debootstrap; do
    command -v "${program%:*}" >/dev/null || apt_install "${program#*:}"
done
# They have old programs with the set-user-ID bit.
mkdir -p "$ROOTS" && chmod 700 "$ROOTS"

skipped=() failed=() tested=0
for name; do
    more=()
    case $name in
        debian-12) suite=bookworm mirror=$DEBIAN_MIRROR ;;
        ubuntu-24.04) suite=noble mirror=$UBUNTU_MIRROR more=(--merged-usr) ;;
        # The oldest programs that a mirror still has: bash 4.3, curl 7.47, and programs in /bin apart from /usr/bin.
        ubuntu-16.04) suite=xenial mirror=$UBUNTU_MIRROR ;;
        *) fail "there is no root $name. Usage: scripts/enroll-roots.sh [--bash PROGRAM] [ROOT…]" ;;
    esac
    if [ ! -d "$ROOTS/$name" ] && ! is_reached "$mirror" "$suite"; then
        say "Skipped: $name, because $mirror does not answer or does not have $suite"
        skipped+=("$name")
        continue
    fi
    if [ "$mirror" = "$UBUNTU_MIRROR" ]; then
        fetch_ubuntu_keys
        more+=(--keyring="$ROOTS/ubuntu-keyring/usr/share/keyrings/ubuntu-archive-keyring.gpg")
    fi
    make_root "$name" "$suite" "$mirror" "${more[@]}"
    say "Testing in $name"
    "$ROOT/scripts/enroll-test.sh" --root "$ROOTS/$name" "${options[@]}" || failed+=("$name")
    tested=$((tested + 1))
done
say "Roots: $tested tested, failed: ${failed[*]:-none}, skipped: ${skipped[*]:-none}"
[ "$tested" -gt 0 ] && [ "${#failed[@]}" = 0 ]
