#!/usr/bin/env bash
# Downloads the prebuilt DuckDB library that development builds link (a release compiles DuckDB instead). It is part of the npm
# package of DuckDB's own Node client, and must have the hash below.

. "$(dirname "$0")/common.sh"

# Must match the `duckdb` crate in Cargo.toml: 1.10505 is DuckDB 1.5.5.
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
*) fail "there is no prebuilt DuckDB for $(uname -sm); build with \`--features bundled\`" ;;
esac

DIR=$CACHE/duckdb-$VERSION
STAMP=$DIR/integrity
if [ -f "$DIR/libduckdb.so" ] && [ "$(cat "$STAMP" 2>/dev/null)" = "$INTEGRITY" ]; then
    exit 0
fi

say "Downloading DuckDB $VERSION ($PACKAGE, 23 MB)"
mkdir -p "$DIR"
TEMP=$(mktemp -d "$DIR/fetch.XXXXXX")
trap 'rm -rf "$TEMP"' EXIT
(cd "$TEMP" && npm pack --silent --cache "$CACHE/npm" "$PACKAGE@$RELEASE" >/dev/null) ||
    fail "npm cannot download $PACKAGE@$RELEASE"

WANTED=$(printf %s "$INTEGRITY" | base64 -d | od -An -vtx1 | tr -d ' \n')
printf '%s  %s\n' "$WANTED" "$(echo "$TEMP"/*.tgz)" | sha512sum --check --quiet ||
    fail "$PACKAGE@$RELEASE has another sha512 than the reviewed file"

tar -xzf "$TEMP"/*.tgz -C "$TEMP" package/libduckdb.so
# An identical library is not replaced, because programs may be using it.
cmp -s "$TEMP/package/libduckdb.so" "$DIR/libduckdb.so" || mv "$TEMP/package/libduckdb.so" "$DIR/libduckdb.so"
printf '%s\n' "$INTEGRITY" >"$STAMP"
