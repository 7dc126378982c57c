#!/usr/bin/env bash
# Makes the Python environment of the checks against boto3 and moto (server/tests/peers/requirements.txt) in
# <cache>/python, unless that is what is there. Any Python from 3.11 on will do; Debian's own is the fallback.

. "$(dirname "$0")/common.sh"

REQUIREMENTS=$ROOT/server/tests/peers/requirements.txt
VENV=$CACHE/python
STAMP=$VENV/.installed

# A Python that is new enough and can make an environment. Debian has the second part in a package of its own.
find_python() {
    local python
    for python in python3 /usr/bin/python3; do
        "$python" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue
        command -v "$python"
        return
    done
    return 1
}

# One at a time: clones share the cache folder. The lock is on the folder itself, and goes with this process.
mkdir -p "$CACHE"
exec 8<"$CACHE"
flock 8

WANTED=$(sha256sum <"$REQUIREMENTS")
[ "$(cat "$STAMP" 2>/dev/null)" = "$WANTED" ] && "$VENV/bin/python" -c '' 2>/dev/null && exit 0

PYTHON=$(find_python) || {
    apt_install python3 python3-venv
    PYTHON=$(find_python) || fail "no Python from 3.11 on that can make virtual environments"
}
say "Installing boto3, moto and DuckDB for Python (with $PYTHON)"
"$PYTHON" -m venv --clear "$VENV"
"$VENV/bin/python" -m pip install --quiet --disable-pip-version-check --no-input --requirement "$REQUIREMENTS"
printf '%s\n' "$WANTED" >"$STAMP"
