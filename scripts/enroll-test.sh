#!/usr/bin/env bash
# Tests the start-up scripts of enrollment, in namespaces where root may create them. About half a minute.
# Usage: scripts/enroll-test.sh [--static] [--root FOLDER] [CASE…]

. "$(dirname "$0")/common.sh"

command -v python3 >/dev/null || apt_install python3
command -v shellcheck >/dev/null || (apt_install shellcheck) || say "Continuing without shellcheck"
PYTHONDONTWRITEBYTECODE=1 exec python3 "$ROOT/server/enroll/scripts/tests/run.py" "$@"
