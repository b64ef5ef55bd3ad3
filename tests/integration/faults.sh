#!/usr/bin/env bash
# Processes that are killed, stand still, or never come: all others end within the deadline, with
# exit code 1 and one line that names who is missing; nobody is left behind, and nobody dumps core.
# usage: faults.sh RINGFENCE [small]
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
start "$@"
size=${2:-full}
banks="bank-a bank-b bank-c"
silence=2 connect=8

# customers N: data of so many, and members and a study for them
customers() {
    rm -rf data base
    "$ringfence" generate identifiers --banks 3 --customers "$1" --out data >/dev/null
    "$ringfence" run data/study.yaml --data data --out base --quiet >/dev/null
    consortium base $silence $connect
}

everybody="party-bank-a party-bank-b party-bank-c client-bank-a client-bank-b client-bank-c"

# begin [EXCEPT...]: all six processes but these
begin() {
    local who
    rm -rf logs results
    mkdir logs results
    for who in $everybody; do
        [[ " $* " == *" $who "* ]] || launch_one "$who"
    done
}

launch_one() {
    local bank=${1#*-}
    case $1 in
    party-*) party "$bank" ;;
    client-*) client "$bank" "data/$bank" ;;
    esac
}

# named MEMBER SECONDS WHAT: all that still run end with 1 within so many seconds, naming the member
named() {
    local member=$1 limit=$2 began=$SECONDS who
    for who in $everybody; do
        [ -n "${pid[$who]:-}" ] || continue
        ends "$who" 1 "$limit"
        says "$who" "$member"
    done
    [ $((SECONDS - began)) -le "$limit" ] || failed "$3: took $((SECONDS - began)) s"
    ! grep -h ': error: .*gave up at step.*gave up at step' logs/* || failed "$3: what was passed on is told twice"
    ! ls results/*/result.json 2>/dev/null || failed "$3: somebody has a result"
    nobody_left
    ok "$3: after $((SECONDS - began)) s: $(grep -h ": error:" logs/party-* | sort | uniq -c |
        sort -rn | head -1)"
}

# killed WHO MOMENT_OF MOMENT SIGNAL: a signal as soon as a log holds a text
killed() {
    begin
    wait_for "$2" "$3"
    hit "$1" "$4"
    if [ "$4" = STOP ]; then
        kill -0 "${pid[$1]}" || failed "$1 ended before it was stopped"
        local stopped=${pid[$1]}
        unset "pid[$1]"
        named "${1#*-}" $((silence + 6)) "$1 stopped at '$3'" stopped
        pid[$1]=$stopped
        kill -CONT "$stopped"
        ends "$1" 1 # when it goes on, it sees that it is over
    else
        named "${1#*-}" $((silence + 6)) "$1 killed at '$3'"
    fi
}

### a contributor that has shared its rows is missed as well, if the parties are at work for longer than
### the deadline; otherwise the others have their result by then
customers 100000
killed client-bank-c client-bank-c "rows shared" KILL
[ "$size" != full ] || killed client-bank-b client-bank-b "rows shared" STOP

### a party, at several steps
customers 24000
killed party-bank-b party-bank-a "sort tokens" KILL
[ "$size" = full ] || exit 0
killed party-bank-c party-bank-c "all linked" KILL
killed party-bank-a party-bank-b "keep shared rows" KILL
killed party-bank-b party-bank-c "label rings" KILL
killed party-bank-a party-bank-a "sort tokens" STOP

### never there
begin party-bank-b
named bank-b $((connect + 6)) "party-bank-b never comes"
begin client-bank-c
named bank-c $((connect + 6)) "client-bank-c never comes"

### a contributor dies before it has shared: it waits for party 2, which comes too late
begin party-bank-c
sleep 2
hit client-bank-b KILL
party bank-c
named bank-b $((connect + 6)) "client-bank-b killed before it shared"

### somebody else listens there
begin party-bank-a party-bank-c client-bank-a client-bank-b client-bank-c
wait_for party-bank-b "waiting for"
for party in bank-a bank-c; do
    sed -i "s/^listen: .*/listen: tcp:\/\/127.0.0.1:${port_of[bank-b]}/" members/$party/node.yaml
    party $party
    ends party-$party 1 $connect
    says party-$party "${port_of[bank-b]}" "in use"
    ok "$(tail -n 1 logs/party-$party)"
done
ends party-bank-b 1 $((connect + 4))
nobody_left
for bank in $banks; do
    node_file "$bank" $silence $connect
done

### a party whose last epoch nobody could follow
for file in members/bank-b/epochs/*; do
    cp "$file" epoch
    echo 4294967000 >"$file"
done
begin
named bank-b $((connect + 6)) "party-bank-b proposes an absurd epoch"
! grep -r 42949 members/bank-[ac]/epochs || failed "an absurd epoch is remembered"
for file in members/bank-b/epochs/*; do
    mv epoch "$file"
done

### after all this the study still runs, also with a second client of a member, which is told that there is one
for bank in $banks; do
    node_file "$bank" 5 30
done
begin
wait_for client-bank-a " read"
expect 2 "bank-a takes part in this study already" "$ringfence" contribute --node members/bank-a --study study \
    --data data/bank-a --out results/again
for who in $everybody; do
    ends "$who" 0 60
done
cmp <(statistics base/result.json) <(statistics results/bank-a/result.json)
jq -e '.epoch > 5' results/bank-a/result.json >/dev/null || failed "epochs were used twice"
nobody_left
no_cores
ok "and then all goes well, in epoch $(jq .epoch results/bank-a/result.json)"
