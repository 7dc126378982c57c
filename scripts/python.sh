#!/usr/bin/env bash
# Creates a Python environment in the cache folder, unless it is up to date: the one for boto3 and moto
# (server/tests/peers/requirements.txt) in <cache>/python, or another. Any Python from 3.11 on works; Debian's is the fallback.
# Usage: scripts/python.sh [NAME REQUIREMENTS]

. "$(dirname "$0")/common.sh"

VENV=$CACHE/${1:-python}
REQUIREMENTS=${2:-$ROOT/server/tests/peers/requirements.txt}
STAMP=$VENV/.installed

# find_python: prints a Python that is new enough and can create environments (a package of its own on Debian).
find_python() {
    local python
    for python in python3 /usr/bin/python3; do
        "$python" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue
        command -v "$python"
        return
    done
    return 1
}

# Clones share the cache folder, so one process at a time. The lock is on the folder, and ends with this process.
mkdir -p "$CACHE"
exec 8<"$CACHE"
flock 8

WANTED=$(sha256sum <"$REQUIREMENTS")
[ "$(cat "$STAMP" 2>/dev/null)" = "$WANTED" ] && "$VENV/bin/python" -c '' 2>/dev/null && exit 0

PYTHON=$(find_python) || {
    apt_install python3 python3-venv
    PYTHON=$(find_python) || fail "there is no Python from 3.11 on that can create virtual environments"
}
say "Installing $(grep -o '^[^#=]*' "$REQUIREMENTS" | head -1) and others for Python (with $PYTHON)"
"$PYTHON" -m venv --clear "$VENV"
"$VENV/bin/python" -m pip install --quiet --disable-pip-version-check --no-input --requirement "$REQUIREMENTS"
printf '%s\n' "$WANTED" >"$STAMP"
