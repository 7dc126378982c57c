#!/usr/bin/env bash
# Provides Chromium for the browser tests: $CHROMIUM, an installed one, or Debian's package.

. "$(dirname "$0")/common.sh"

find_browser >/dev/null && exit 0
[ -z "${CHROMIUM:-}" ] || exit 1
apt_install chromium fonts-dejavu-core
find_browser >/dev/null || fail "Chromium was installed but cannot be found; set CHROMIUM to its path"
