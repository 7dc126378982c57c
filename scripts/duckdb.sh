#!/usr/bin/env bash
# Fetches the prebuilt DuckDB library that development builds link against (a release compiles DuckDB in instead).
# It comes from the npm package of DuckDB's own Node client, checked against the hash below.

. "$(dirname "$0")/common.sh"

# Belongs to the `duckdb` crate in Cargo.toml: 1.10505 is DuckDB 1.5.5.
VERSION=1.5.5
RELEASE=$VERSION-r.5
case $(uname -s)-$(uname -m) in
Linux-x86_64)
    PACKAGE=@duckdb/node-bindings-linux-x64
    INTEGRITY=kCyq6BXhn6QXfwF8yVdVKriSSHP+rfVWcJ56cG8qZzlOZpxyvT5WGm6jMshxg4ditLlOsHsIN/D47RYrcjXuHQ==
    ;;
Linux-aarch64)
    PACKAGE=@duckdb/node-bindings-linux-arm64
    INTEGRITY=CafH2AIvXtpwDynG3KB/4uEOHRGlFoB7auCRMIwH3BKNIobsANV5LSpDJ3tfyRCFIsK6e8AT1eseWVnu2Dv3cw==
    ;;
*) fail "no prebuilt DuckDB for $(uname -sm) is known here; build with \`--features bundled\`" ;;
esac

DIR=$CACHE/duckdb-$VERSION
STAMP=$DIR/integrity
if [ -f "$DIR/libduckdb.so" ] && [ "$(cat "$STAMP" 2>/dev/null)" = "$INTEGRITY" ]; then
    exit 0
fi

say "Fetching DuckDB $VERSION ($PACKAGE, 23 MB)"
mkdir -p "$DIR"
TEMP=$(mktemp -d "$DIR/fetch.XXXXXX")
trap 'rm -rf "$TEMP"' EXIT
(cd "$TEMP" && npm pack --silent --cache "$CACHE/npm" "$PACKAGE@$RELEASE" >/dev/null) ||
    fail "npm could not fetch $PACKAGE@$RELEASE"

WANTED=$(printf %s "$INTEGRITY" | base64 -d | od -An -vtx1 | tr -d ' \n')
printf '%s  %s\n' "$WANTED" "$(echo "$TEMP"/*.tgz)" | sha512sum --check --quiet ||
    fail "$PACKAGE@$RELEASE is not the file that was reviewed: its sha512 differs"

tar -xzf "$TEMP"/*.tgz -C "$TEMP" package/libduckdb.so
# The same bytes stay in place: programs may be running with them.
cmp -s "$TEMP/package/libduckdb.so" "$DIR/libduckdb.so" || mv "$TEMP/package/libduckdb.so" "$DIR/libduckdb.so"
printf '%s\n' "$INTEGRITY" >"$STAMP"
