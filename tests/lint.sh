#!/usr/bin/env bash
# Simple mistakes that compilers do not see. Each rule is a function that prints what breaks it, one
# "FILE:LINE: text" a line, for the tree at the current folder; and each has a bad example that it must
# refuse, tried before the rule is used, so that a rule that cannot fail is noticed.
#
# usage: lint.sh            all rules on the sources
#        lint.sh BUILD      the rules on the libraries of a build folder
#
# Exceptions are in tests/lint/: each names what it excuses and why. One that excuses nothing is an error.
set -u -o pipefail
export LC_ALL=C
root=$(dirname "$(dirname "$(realpath "$0")")")
lists=$root/tests/lint

# ---- the files of a tree ----

files() { # files PATTERN...: all that is, or would be, committed
    if git rev-parse --git-dir >/dev/null 2>&1; then
        git -c core.quotePath=off ls-files -co --exclude-standard -- "$@"
    else
        local pattern
        for pattern in "$@"; do
            find . \( -name .git -o -name 'build*' \) -prune -o -type f -path "./$pattern" -print
        done | sed 's,^\./,,'
    fi | sort -u | while IFS= read -r file; do [ -f "$file" ] && printf '%s\n' "$file"; done
}

search() { # search REGEX PATTERN...: matching lines of those files
    local regex=$1
    shift
    files "$@" | xargs -r -d '\n' grep -nHE -- "$regex"
}

# ---- rules on the sources ----

ours=('net/*.[ch]' 'protocols/*.[ch]' 'party/*.[ch]')
all_c=('*.[ch]')

rule_compare() { # secrets are compared by rf_secret_equal(); text with a literal is parsing
    search '\b(mem|bc|strn|strncase)cmp\(' "${ours[@]}" |
        grep -vE 'strn(case)?cmp\([^,]*, *"'
}
bad_compare() {
    mkdir net
    echo 'if (memcmp(tag, wanted, 16) != 0)' >net/a.c
}

rule_wipe() { # secrets are wiped by rf_secret_wipe(), which no compiler leaves out
    search '\b(memset\([^;]*, (0|0x00|.\\0.),|(explicit_)?bzero\()' "${ours[@]}"
}
bad_wipe() {
    mkdir party
    echo 'memset(key, 0, sizeof key);' >party/a.c
}

rule_random() { # randomness is a stream's (share/stream.h) or OpenSSL's
    search '\b([dlmn]rand48|s?random|s?rand|rand_r|random_r)\(' "${all_c[@]}"
}
bad_random() { echo 'int x = rand();' >a.c; }

rule_unsafe() { # functions that do not know the size of what they write, or start a shell
    search '\b(strcpy|stpcpy|strcat|v?sprintf|gets|atoi|atoll?|atof|strtok|system|popen|alloca|tmpnam|mktemp)\(' \
        "${all_c[@]}"
}
bad_unsafe() { echo '(void)strcpy(a, b);' >a.c; }

rule_glob() { # a build names its sources
    search 'file *\( *GLOB' 'CMakeLists.txt' '*/CMakeLists.txt' '*.cmake' | grep -i .
}
bad_glob() { echo 'file(GLOB sources *.c)' >CMakeLists.txt; }

rule_paths() { # the tree holds no place of somebody's machine
    search '(^|[^A-Za-z0-9_.$}/-])/(home|root|work|Users|mnt|srv|media|opt)/' '*' | grep -v '^tests/lint\.sh:'
}
bad_paths() { echo 'path: /home/somebody/data' >a.yaml; }

rule_todo() { # what is left to do stands in issues
    search '\b(TO''DO|FIX''ME|XX''X)\b' '*'
}
bad_todo() { echo '/* TO''DO: later */' >a.c; }

rule_large() { # no generated or vendored file
    files '*' | while IFS= read -r file; do
        size=$(stat -c %s "$file")
        [ "$size" -le 409600 ] || echo "$file:1: $size bytes are more than 400 KiB"
    done
}
bad_large() { head -c 500000 /dev/zero >a.bin; }

rule_names() { # a file name is a module, and unique in the tree
    files "${all_c[@]}" | awk -F/ '$NF in seen { print $0 ":1: has the name of " seen[$NF] }
        !($NF in seen) { seen[$NF] = $0 }'
}
bad_names() {
    mkdir -p net party/run
    touch net/a.c party/run/a.c
}

# Arrows: party -> analytics -> oblivious -> circuit -> backend -> share, backend -> net, all -> net/base.
# Circuits and above see the backend interface and no backend; party starts the one it wants. The plain
# definition shares nothing with the secure computation but the shape of results.
rule_arrows() {
    search '^ *# *include +"' "${ours[@]}" | awk -F: -f "$lists/arrows.awk"
}
bad_arrows() { # each line breaks one arrow, and only that
    cp "$lists/arrows.bad" .
    while read -r file target; do
        mkdir -p "$(dirname "$file")"
        echo "#include \"$target\"" >>"$file"
    done <arrows.bad
    lines_bad=$(wc -l <arrows.bad)
}

rule_format() {
    files "${all_c[@]}" | xargs -r -d '\n' clang-format --dry-run -Werror 2>&1 | grep -E ': (error|command not found)'
}
bad_format() {
    cp "$root/.clang-format" .
    echo 'int  x;' >a.c
}

rule_shell() {
    { files '*.sh' && files '.ci/*' | xargs -r -d '\n' grep -lE '^#!.*sh$'; } | sort -u |
        xargs -r -d '\n' shellcheck -x -f gcc 2>&1
}
bad_shell() { printf '#!/bin/sh\nrm *\n' >a.sh; }

# ---- rules on what was built ----

# foo.c exports rf_foo and rf_foo_*, and foo_bar.c may export its family's rf_foo_* too.
rule_exports() {
    local library
    for library in "$build"/*/librf_*.a; do
        case $library in
        *blake3* | */tests/*) continue ;;
        esac
        nm -A --defined-only --extern-only "$library" 2>/dev/null
    done | sed -nE 's/^[^:]*:([^:]*)\.c\.o:[0-9a-f]* [A-Zuvw] ([A-Za-z0-9_]+)$/\1 \2/p' |
        awk '{
            for (family = $1; family != ""; )  {
                if ($2 ~ "^rf_" family "(_|$)")
                    next
                if (!sub(/_[^_]*$/, "", family))
                    family = ""
            }
            print $1 ".c:0: exports " $2
        }' | grep -vE ': exports __(asan|ubsan|odr|start|stop|sanitizer)'
}
bad_exports() {
    mkdir -p build/net
    echo 'int rf_bar_do(void); int rf_bar_do(void) { return 0; }' >foo.c
    gcc -c foo.c -o foo.c.o && ar rc build/net/librf_foo.a foo.c.o
    build=build
}

# ---- exceptions ----

# excuse RULE: takes out what tests/lint/RULE.txt allows. Its lines are "FILE | TEXT | why", and a line is
# allowed if it is in FILE and holds TEXT.
excuse() {
    awk -v list="$lists/$1.txt" '
        BEGIN {
            while ((getline line < list) > 0) {
                if (line ~ /^(#|$)/)
                    continue
                n++
                split(line, part, / +\| +/)
                file[n] = part[1]; text[n] = part[2]; whole[n] = line
                if (part[3] == "")
                    print list ": no reason given: " line
            }
        }
        {
            at = index($0, ":")
            for (i = 1; i <= n; i++)
                if (substr($0, 1, at - 1) == file[i] && index($0, text[i])) {
                    used[i] = 1
                    next
                }
            print
        }
        END {
            for (i = 1; i <= n; i++)
                if (!used[i])
                    print list ": excuses nothing: " whole[i]
        }'
}

# ---- running them ----

passed=0 failed=0

self_test() { # self_test RULE: on its bad example, in a folder of its own
    local lines_bad=1 found
    scratch=$(mktemp -d)
    found=$(
        cd "$scratch" || exit 1
        "bad_$1" >&2
        [ "$("rule_$1" | wc -l)" = "$lines_bad" ] && echo refused
    )
    rm -rf "$scratch"
    if [ "$found" = refused ]; then
        passed=$((passed + 1))
    else
        echo "lint: $1: accepts its bad example"
        failed=$((failed + 1))
    fi
}

check() { # check RULE: on the tree
    local found line
    found=$(cd "$root" && "rule_$1" | excuse "$1")
    if [ -z "$found" ]; then
        passed=$((passed + 1))
    else
        echo "lint: $1:"
        while IFS= read -r line; do echo "  $line"; done <<<"$found"
        failed=$((failed + 1))
    fi
}

if [ $# = 0 ]; then
    rules=(compare wipe random unsafe glob paths todo large names arrows format shell)
else
    build=$(realpath "$1")
    rules=(exports)
fi
for rule in "${rules[@]}"; do
    self_test "$rule"
    check "$rule"
done
echo "lint: $passed passed, $failed failed"
[ "$failed" = 0 ]
