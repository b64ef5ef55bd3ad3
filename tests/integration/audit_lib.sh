# shellcheck shell=bash disable=SC2034,SC2154 # scripts use what is set here, and it what lib.sh sets
# What the scripts about full transcripts share. After lib.sh and start.

# auditors RUN: makes ./auditor (key, certificate; it believes RUN's CA) and sets $ca
auditors() {
    ca=$1/consortium/ca/ca.crt
    cp "$ca" auditor/ca.crt
}

# new_auditor: a key and a certificate, from a CA of its own
new_auditor() {
    "$ringfence" keys quick auditor --out auditors >/dev/null
    cp -r auditors/auditor auditor
}

# full_run NAME STUDY DATA [OPTION...]: a run of which everything is recorded
full_run() {
    local name=$1 study=$2 data=$3
    shift 3
    "$ringfence" run "$study" --data "$data" --out "$name" --quiet --transcript full \
        --auditor auditor/member.crt "$@" >"$name.txt" 2>"$name.err" ||
        failed "$name: run gives $?: $(cat "$name.err")"
}

# transcript RUN MEMBER ROLE: its file
transcript() {
    local found=("$1/transcripts/$2-$3"-*.rft)
    [ -e "${found[0]}" ] || failed "$1 has no transcript of $2 as $3"
    echo "${found[0]}"
}

# order RUN PARTY ORDER: made and signed by all contributors, in folders of their own that have signed nothing
# yet: a test replays more than one party of a session, which nobody else may
order() {
    local run=$1 party=$2 order=$3 member
    rm -rf "$order" "$order.nodes" "$order.auditor"
    cp -r "$run/consortium" "$order.nodes"
    cp -r auditor "$order.auditor"
    rm -rf "$order.auditor/orders"
    cp "$run/consortium/ca/ca.crt" "$order.auditor/"
    "$ringfence" audit order make --study "$run/study" --party "$party" --reason "a test" \
        --transcript "$(transcript "$run" "$party" party)" --auditor auditor/member.crt \
        --out "$order" >/dev/null || failed "no order for $party"
    for member in $(jq -r '.study.members[] | select(.roles | index("contributor")) | .name' \
        "$run/result.json"); do
        "$ringfence" audit order sign "$order" --node "$order.nodes/$member" --yes >/dev/null ||
            failed "$member does not sign"
    done
}

# replay RUN PARTY [OPTION...]: under an order for it; the report is in replay.json, the exit code in $code
replay() {
    local run=$1 party=$2
    shift 2
    [ -d "order-$run-$party" ] || order "$run" "$party" "order-$run-$party"
    code=0
    "$ringfence" audit replay "$(transcript "$run" "$party" party)" --order "order-$run-$party" \
        --auditor "order-$run-$party.auditor" --quiet --json "$@" >replay.json 2>replay.err || code=$?
}

# agrees RUN PARTY [OPTION...]
agrees() {
    replay "$@"
    [ "$code" = 0 ] || failed "$2 does not agree ($code): $(cat replay.json replay.err)"
    jq -e '.outcome == "agrees" and .compared.frames_sent > 100 and .difference == null' \
        replay.json >/dev/null || failed "$(cat replay.json)"
}
