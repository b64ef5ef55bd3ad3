#!/usr/bin/env bash
# clang-tidy over every source of a build that clang compiled; warnings are errors (.clang-tidy). What
# it says of a file, with the path that leads there, stays in BUILD/tidy/. A file that passed is not
# looked at again before it, a header or .clang-tidy changes.
# usage: tidy.sh BUILD
set -u -o pipefail
root=$(dirname "$(dirname "$(realpath "$0")")")
build=$(realpath "$1")
notes=$build/tidy
export build notes
cd "$root" || exit 1
mkdir -p "$notes"

# One file a call: with several, clang-tidy 14 takes va_list for uninitialised in all but the first.
look_at() {
    local name=$notes/${1//\//_}
    [ "$name.passed" -nt "$1" ] && [ "$name.passed" -nt "$notes/newest" ] && return 0
    if clang-tidy -p "$build" --quiet "$1" >"$name.txt" 2>&1; then
        rm -f "$name.txt"
        touch "$name.passed"
    else
        grep -E '(error|warning): ' "$name.txt" | sed "s,^$PWD/,,"
        return 1
    fi
}
export -f look_at

newest=$(find .clang-tidy net protocols party tests "$build/compile_commands.json" \
    \( -name '*.h' -o -name .clang-tidy -o -name compile_commands.json \) \
    -printf '%T@ %p\n' | sort -rn | head -n 1 | cut -d' ' -f2-)
touch -r "$newest" "$notes/newest"

# shellcheck disable=SC2016 # expanded by the inner shell
sed -nE "s,^ *\"file\": \"$root/([^\"]*\.c)\".*,\1,p" "$build/compile_commands.json" | sort -u |
    xargs -r -P "${RF_JOBS:-$(nproc)}" -n 1 bash -c 'look_at "$0"'
