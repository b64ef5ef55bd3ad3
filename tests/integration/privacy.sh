#!/usr/bin/env bash
# What is said on the wire, in logs and in files: all loopback traffic of a run is captured, and neither in
# that nor in anything that any process writes is there a customer's id, an identifier, an account, a token
# or the tokens' key.
# usage: privacy.sh RINGFENCE STUDY_SECRETS LEAK_SEARCH
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
command -v tcpdump >/dev/null || skip "tcpdump is not installed"
own_network "$@"
study_secrets=$(realpath "$2") leak_search=$(realpath "$3")
start "$@"

# capture, captured: run.pcap gets all of loopback in between, nothing lost
capture() {
    mkdir -p logs
    launch tcpdump tcpdump -i lo -s 0 -B 65536 -U -w run.pcap
    local turns=250
    until grep -q "listening on" logs/tcpdump; do
        if [ "$turns" = 0 ] || ! kill -0 "${pid[tcpdump]}" 2>/dev/null; then
            skip "no capture is allowed here: $(tail -n 1 logs/tcpdump)"
        fi
        turns=$((turns - 1))
        sleep 0.02
    done
}

captured() {
    local turns=500 last=last-$RANDOM$RANDOM
    echo $last >/dev/udp/127.0.0.1/9
    until grep -qF $last run.pcap; do # the kernel hands packets over in order, after a while
        [ "$turns" -gt 0 ] || failed "tcpdump does not capture: $(cat logs/tcpdump)"
        turns=$((turns - 1))
        sleep 0.02
    done
    hit tcpdump INT
    ends tcpdump 0
    grep -q "^0 packets dropped by kernel" logs/tcpdump || failed "$(cat logs/tcpdump)"
}

# finds KIND... -- SECRETS FILE...: every secret of these kinds is found, and none of the others
finds() {
    local kinds=() kind count of
    while [ "$1" != -- ]; do
        kinds+=("$1")
        shift
    done
    shift
    local code=0
    "$leak_search" "$@" >found || code=$?
    [ "$code" = $((${#kinds[@]} > 0)) ] || failed "leak_search gives $code: $(cat found)"
    grep -E "^[a-z]+: [0-9]+ of [0-9]+$" found >kinds
    [ -s kinds ] || failed "nothing was looked for: $(cat found)"
    while read -r kind count _ of; do
        if [[ " ${kinds[*]} " == *" ${kind%:} "* ]]; then
            [ "$count" = "$of" ] || failed "only $count of $of found: $(cat found)"
        else
            [ "$count" = 0 ] || failed "$* hold secrets: $(cat found)"
        fi
    done <kinds
}

"$ringfence" generate both --banks 5 --customers 2000 --out data >/dev/null
{
    echo "planted $(head -c 24 /dev/urandom | od -An -v -tx1 | tr -d ' \n')"
    echo "planted $(printf 'planted-customer-0001' | od -An -v -tx1 | tr -d ' \n')"
} >planted

### the run, and something that is said in clear while it lasts
capture
"$ringfence" run data/study.yaml --data data --out out >stdout 2>stderr ||
    failed "run gives $?: $(cat stderr)"
"$leak_search" --say planted
captured
for member in data/*/; do
    member=$(basename "$member")
    "$study_secrets" "out/consortium/$member" out/study "data/$member" "$member.rows"
done >secrets.all
grep -v "^row " secrets.all | sort -u >secrets
[ "$(grep -c "^customer " secrets)" = 2000 ] || failed "not 2,000 customers"

### the search finds what is there
finds planted -- planted run.pcap
finds customer value account -- <(grep -E "^(customer|value|account) " secrets) data/*/*.csv
finds row -- <(grep "^row " secrets.all) ./*.rows
ok "what is planted, tabled and contributed is found: $(tr '\n' ' ' <kinds)"

### and nothing of that in the capture, which has all of the run
finds -- secrets run.pcap
bytes=$(sed -n 's/^streams .*, bytes //p' found)
sent=$(jq -s 'map(.traffic.bytes_sent) | add' out/*/party.json)
[ "$bytes" -gt "$sent" ] || failed "parties sent $sent bytes, but the capture holds only $bytes"
ok "$(grep ^streams found) captured, of which parties sent $sent: none of $(wc -l <secrets) secrets"

### nor in what processes wrote: logs, results, reports, records, the study; transcripts, with what they hash and open
[ "$(find out/transcripts -name '*.rft' | wc -l)" = 8 ] || failed "not eight transcripts: $(ls out/transcripts)"
mapfile -t files < <(find out stdout stderr -type f)
[ "${#files[@]}" -gt 60 ] || failed "only ${#files[@]} files"
finds -- secrets "${files[@]}"
for kind in customer value account normal token swapped digits key; do # each of which would be found
    secret=$(grep "^$kind " secrets | shuf -n 1)
    bytes=$(cut -d' ' -f2 <<<"$secret" | sed 's/../\\x&/g')
    for file in out/logs/party-bank-b.log out/transcripts/bank-b-party-*.rft; do
        cp "$file" with
        printf '%b' "12$bytes" >>with
        finds "$kind" -- <(echo "$secret") with
    done
done
ok "${#files[@]} files: none either"
no_cores
