#!/usr/bin/env bash
# Writes .cargo/config.toml, so that plain `cargo build` finds the cache folder and the prebuilt DuckDB.
# The file is not in git, because it has paths of this machine. A file with other settings is not changed.

. "$(dirname "$0")/common.sh"

FILE=$ROOT/.cargo/config.toml
WANTED=$(
    cat <<END
[build]
target-dir = "$CACHE/target"
[env]
DUCKDB_LIB_DIR = "$CACHE/duckdb-1.5.5"
DUCKDB_INCLUDE_DIR = "$CACHE/duckdb-1.5.5"
END
)

# The lines of the file that this script does not write.
foreign_lines() {
    grep -vE '^\[(build|env)\]$|^(target-dir|DUCKDB_(LIB|INCLUDE)_DIR) = ".*"$|^$' "$FILE"
}

if [ -f "$FILE" ]; then
    [ "$(cat "$FILE")" = "$WANTED" ] && exit 0
    if foreign_lines >/dev/null; then
        while read -r line; do
            grep -qxF -- "$line" "$FILE" && continue
            fail ".cargo/config.toml has other settings. Add these lines to it, then repeat:
$WANTED"
        done <<<"$WANTED"
        exit 0
    fi
fi
say "Writing .cargo/config.toml (build output and DuckDB in $CACHE)"
mkdir -p "$ROOT/.cargo"
printf '%s\n' "$WANTED" >"$FILE"
