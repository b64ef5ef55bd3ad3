# shellcheck shell=bash disable=SC2034 # scripts use what is set here
# What the integration scripts share. A script begins with
#
#     . "$(dirname "$0")/lib.sh"
#     start "$@"
#
# and then stands in a new, empty folder $work, with the program as $ringfence. When it ends, however
# it ends, every process that it began is ended and the folder is removed (RF_KEEP=1 keeps it).
# Exit code 77 means: skipped, with the reason in the last line.

set -eu
umask 022
declare -A pid=()

# own_network ARGUMENTS...: before start, begins the script again in a network and a /run of its own, in which
# it may do as root does. Nothing outside is touched, and what it makes there ends with it.
own_network() {
    local how
    command -v ip >/dev/null || skip "ip is not installed"
    if [ -n "${RF_OWN_NETWORK:-}" ]; then
        unset RF_OWN_NETWORK
        mount -t tmpfs tmpfs /run
        ip link set lo up
        return
    fi
    for how in "" "--user --map-current-user --keep-caps"; do
        # shellcheck disable=SC2086 # several options
        if unshare $how --net --mount mount -t tmpfs tmpfs /run 2>/dev/null; then
            RF_OWN_NETWORK=1 exec unshare $how --net --mount "$0" "$@"
        fi
    done
    skip "no network namespace may be made here"
}

start() {
    ringfence=$(realpath "$1")
    here=$(realpath "$(dirname "$0")")
    shared=$(realpath -m "$here/../../../shared/data")
    work=$(mktemp -d "${TMPDIR:-/tmp}/ringfence-$(basename "$0" .sh)-XXXXXX")
    trap finish EXIT
    cd "$work"
    ulimit -c unlimited # a core dump would be seen by no_cores, ...
    export RINGFENCE_DEBUG=1 # ... and sanitizers look into their process
    command -v jq >/dev/null || skip "jq is not installed"
}

finish() {
    local code=$?
    for name in "${!pid[@]}"; do
        kill -CONT "${pid[$name]}" 2>/dev/null || true
        kill -KILL "${pid[$name]}" 2>/dev/null || true
    done
    wait 2>/dev/null || true
    cd /
    [ -n "${RF_KEEP:-}" ] || rm -rf "$work"
    return "$code"
}

failed() {
    echo "FAILED: $*" >&2
    exit 1
}

skip() {
    echo "skipped: $*"
    exit 77
}

ok() {
    echo "ok (${SECONDS} s): $*"
}

# expect CODE TEXT COMMAND...: the exit code, and a text that stdout or stderr must hold
expect() {
    local code=$1 text=$2 got=0
    shift 2
    "$@" >out 2>&1 </dev/null || got=$?
    [ "$got" = "$code" ] || failed "$* gives $got, not $code: $(cat out)"
    grep -qF -- "$text" out || failed "$* does not say '$text': $(cat out)"
}

# ---- results ----

# statistics FILE: the bytes of that part of a result
statistics() {
    awk '/^  "statistics": / { on = 1 } on { print } on && /^  }/ { exit }' "$1"
}

# same NAME STUDY DATA: run and plain write the same statistics, and every recipient got them.
# The results are then out-NAME/result.json and plain-NAME.json.
same() {
    local name=$1 study=$2 data=$3 result
    "$ringfence" run "$study" --data "$data" --out "out-$name" --quiet >"$name.txt" 2>"$name.err" ||
        failed "$name: run gives $?: $(cat "$name.err")"
    [ ! -s "$name.err" ] || failed "$name: run says: $(cat "$name.err")"
    "$ringfence" plain "$study" --data "$data" --json >"plain-$name.json" ||
        failed "$name: plain gives $?"
    statistics "plain-$name.json" >expected
    [ "$(wc -l <expected)" -ge 5 ] || failed "$name: no statistics in plain's result"
    for result in "out-$name"/result.json "out-$name"/*/result.json; do
        statistics "$result" >got
        cmp expected got || failed "$name: $result differs from plain: $(diff expected got)"
    done
}

# holds NAME FILTER: the jq filter is true of a result's statistics
holds() {
    jq -e "$2" "$1" >/dev/null || failed "$1 is not as it must be: $2: $(jq -c .statistics "$1")"
}

# ---- studies and data by hand ----

# table FILE: standard input becomes a table, its folder being made
table() {
    mkdir -p "$(dirname "$1")"
    cat >"$1"
}

# change STUDY KEY VALUE: a parameter or other line "KEY: ..." of a generated study
change() {
    sed -i "s/^\( *\)$2: .*/\1$2: $3/" "$1"
    grep -q "^ *$2: $3\$" "$1" || failed "$1 has no $2"
}

# ---- processes by hand ----

# new_port: $port becomes one that nobody listens on, below those that outgoing connections take; it is kept from
# other scripts, which have not begun to listen either, by a lock until this one and its processes end
new_port() {
    local locks=${TMPDIR:-/tmp}/ringfence-ports-$UID lock
    mkdir -p "$locks"
    while :; do
        port=$((10000 + RANDOM % 20000))
        exec {lock}>"$locks/$port"
        flock -n "$lock" && ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null && break
        exec {lock}>&-
    done
}

# consortium FROM [SILENCE [CONNECT]]: makes ./members (keys, node files with short deadlines and new
# ports) and ./study (approved) out of a former run's folder, for processes that are started by hand.
# Sets parties[] and port_of[].
declare -a parties=()
declare -A port_of=()
consortium() {
    local from=$1 silence=${2:-2} connect=${3:-30} member
    rm -rf members study logs results
    mkdir -p logs results
    cp -r "$from/consortium" members
    cp -r "$from/study" study
    mapfile -t parties < <(jq -r '.study.members | map(select(.party != null)) |
        sort_by(.party) | .[].name' "$from/result.json")
    for member in "${parties[@]}"; do
        new_port
        port_of[$member]=$port
    done
    for member in members/*/; do
        member=$(basename "$member")
        [ "$member" = ca ] || node_file "$member" "$silence" "$connect"
    done
}

# node_file MEMBER SILENCE CONNECT [PARTY=PORT...]: writes its node.yaml; the last arguments say where
# it finds a party instead of where that is
node_file() {
    local member=$1 silence=$2 connect=$3 party
    local -A at=()
    shift 3
    for party in "${parties[@]}"; do
        at[$party]=${port_of[$party]}
    done
    for party in "$@"; do
        at[${party%=*}]=${party#*=}
    done
    {
        echo "member: $member"
        [ -z "${port_of[$member]:-}" ] || echo "listen: tcp://127.0.0.1:${port_of[$member]}"
        echo "peers:"
        for party in "${parties[@]}"; do
            [ "$party" = "$member" ] ||
                echo "  - {member: $party, address: 'tcp://127.0.0.1:${at[$party]}'}"
        done
        # A client that is not told finds its own member's party where that listens.
        [ -z "${port_of[$member]:-}" ] || [ "${at[$member]}" = "${port_of[$member]}" ] ||
            echo "  - {member: $member, address: 'tcp://127.0.0.1:${at[$member]}'}"
        echo "deadlines: {silence: $silence, connect: $connect, progress: 60}"
    } >"members/$member/node.yaml"
}

# launch WHO COMMAND...: in the background; output in logs/WHO
launch() {
    local who=$1
    shift
    "$@" >"logs/$who" 2>&1 </dev/null &
    pid[$who]=$!
}

# party MEMBER, client MEMBER [DATA]: start one process of ./study; they are party-MEMBER, client-MEMBER
party() {
    launch "party-$1" "$ringfence" party --node "members/$1" --study study --out "results/$1"
}

client() {
    launch "client-$1" "$ringfence" contribute --node "members/$1" --study study \
        --out "results/$1" ${2:+--data "$2"}
}

# wait_for WHO TEXT [SECONDS]: until its log holds the text
wait_for() {
    local turns=$((${3:-20} * 50))
    until grep -qF -- "$2" "logs/$1"; do
        [ "$turns" -gt 0 ] || failed "$1 does not say '$2': $(cat "logs/$1")"
        turns=$((turns - 1))
        sleep 0.02
    done
}

# ends WHO CODE [SECONDS]: it ends within so long, with this exit code
ends() {
    local who=$1 code=$2 tenths=$((${3:-20} * 10)) got=0
    while kill -0 "${pid[$who]}" 2>/dev/null; do
        [ "$tenths" -gt 0 ] || failed "$who has not ended: $(cat "logs/$who")"
        tenths=$((tenths - 1))
        sleep 0.1
    done
    wait "${pid[$who]}" || got=$?
    unset "pid[$who]"
    [ "$got" = "$code" ] || failed "$who ends with $got, not $code: $(cat "logs/$who")"
}

# says WHO TEXT...: its log's error line holds each text (an extended regular expression)
says() {
    local who=$1 line text
    shift
    line=$(grep ": error: " "logs/$who") || failed "$who gives no reason: $(cat "logs/$who")"
    [ "$(wc -l <<<"$line")" = 1 ] || failed "$who gives more than one reason: $line"
    for text in "$@"; do
        grep -qE -- "$text" <<<"$line" || failed "$who does not say '$text': $line"
    done
}

# hit WHO SIGNAL; a process that is killed leaves nothing behind for ends()
hit() {
    kill "-$2" "${pid[$1]}"
    if [ "$2" = KILL ]; then
        wait "${pid[$1]}" 2>/dev/null || true
        unset "pid[$1]"
    fi
}

# nobody_left: no process has our folder among its arguments
nobody_left() {
    local process line
    for process in /proc/[0-9]*; do
        { line=$(tr '\0' ' ' <"$process/cmdline"); } 2>/dev/null || continue
        [[ $line != *"$work"* ]] || failed "left behind: $line"
    done
}

# no_cores: no process dumped core where it ran
no_cores() {
    ! find "$work" -name 'core*' -type f | grep . || failed "a process dumped core"
}
