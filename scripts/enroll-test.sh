#!/usr/bin/env bash
# Tests the start-up scripts of enrollment, in namespaces where root may create them. About a minute.
# Usage: scripts/enroll-test.sh [--static] [--root FOLDER] [--bash PROGRAM] [CASE…]

. "$(dirname "$0")/common.sh"

command -v python3 >/dev/null || apt_install python3
command -v shellcheck >/dev/null || (apt_install shellcheck) || say "Continuing without shellcheck"

# Where root can create namespaces, as in CI, a run that skips the cases must not pass.
if [ -z "${MUSTER_TEST_NAMESPACES+set}" ]; then
    if [ "$(id -u)" != 0 ]; then
        say "linux.sh is not run: only root can lay a root over this system's. Run this as root, or with sudo"
    elif ! reason=$(unshare --mount --net --pid --fork true 2>&1); then
        say "linux.sh is not run: root cannot create namespaces here ($reason). Containers need CAP_SYS_ADMIN"
    else
        export MUSTER_TEST_NAMESPACES=required
        for program in ip:iproute2 openssl:openssl curl:curl; do
            command -v "${program%:*}" >/dev/null || apt_install "${program#*:}"
        done
    fi
fi
PYTHONDONTWRITEBYTECODE=1 exec python3 "$ROOT/server/enroll/scripts/tests/run.py" "$@"
