#!/usr/bin/env bash
# Packs a server and browser files into one folder that runs where it is unpacked, and into a .tar.zst of that folder.
# Usage: scripts/pack.sh BINARY SITE FOLDER. MUSTER_ZSTD_LEVEL sets the compression (default 19).

. "$(dirname "$0")/common.sh"

[ $# = 3 ] || fail "usage: scripts/pack.sh BINARY SITE FOLDER"
BINARY=$1 SITE=$2 OUT=$3
[ -x "$BINARY" ] || fail "there is no program $BINARY"
[ -f "$SITE/pkg/app.js" ] || fail "there are no browser files in $SITE"
command -v zstd >/dev/null || apt_install zstd

VERSION=$("$BINARY" --version)
VERSION=${VERSION#muster }
NAME=muster-${VERSION%% *}-$(uname -s | tr '[:upper:]' '[:lower:]')-$(uname -m)
FOLDER=$OUT/$NAME
rm -rf "$FOLDER" "$FOLDER.tar.zst"
mkdir -p "$FOLDER/site"
install -m 755 "$BINARY" "$FOLDER/muster"
cp -r "$SITE/pkg" "$FOLDER/site/pkg"
# The binary looks for the library beside itself, if DuckDB is not compiled in.
if readelf -d "$FOLDER/muster" | grep -q 'NEEDED.*libduckdb'; then
    install -m 755 "$CACHE/duckdb-1.5.5/libduckdb.so" "$FOLDER/libduckdb.so"
fi
cp "$ROOT/LICENSE" "$FOLDER/LICENSE"
(cd "$ROOT" && node scripts/release/licences.mjs) >"$FOLDER/LICENSES-third-party.txt"
install -m 644 "$ROOT/scripts/release/muster.service" "$FOLDER/muster.service"
sed "s/{version}/$VERSION/" "$ROOT/scripts/release/README.md" >"$FOLDER/README.md"
# Without a password, because everybody has this folder.
"$BINARY" init --no-password "$FOLDER/example" >/dev/null
chmod -R u=rwX,go=rX "$FOLDER"
chmod 600 "$FOLDER/example/access.toml"

# The same files give the same archive.
EPOCH=$(git -C "$ROOT" log -1 --format=%ct 2>/dev/null || echo 0)
tar --sort=name --mtime="@$EPOCH" --owner=0 --group=0 --numeric-owner -C "$OUT" -cf - "$NAME" |
    zstd -q -f -T0 "-${MUSTER_ZSTD_LEVEL:-19}" -o "$FOLDER.tar.zst"
say "Folder:  $FOLDER"
say "Archive: $FOLDER.tar.zst"
