#!/usr/bin/env bash
# ringfence bench: every operation gives the right result at the declared cost, in each form of output;
# scenarios, networks, and what it refuses. Sizes are tiny, and no time is looked at.
# usage: bench.sh RINGFENCE [full|small]
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
start "$@"
size=${2:-full}
scenarios=$(realpath "$here/../../scenarios")

# sound FILE: each case of this JSON was verified and cost what it declared
sound() {
    local bad
    bad=$(jq -c 'if .version == 1 and (.cases | length > 0) then .cases[] else . end | select((.verified
        and .bytes_sent == .bytes_declared and (.rows < 3 or .bytes_sent > 0 and .rounds > 0)
        and .seconds >= .best and .seconds <= .worst and .floor_seconds > 0 and .peak_memory > 0
        and .units_per_second > 0) | not)' "$1")
    [ -z "$bad" ] || failed "$1 is not sound: $bad"
}

# ---- every operation ----

mapfile -t operations < <("$ringfence" bench --list | awk '{ print $1 }')
[ ${#operations[@]} -ge 25 ] || failed "only ${#operations[@]} operations"
quick=()
for operation in "${operations[@]}"; do
    case $operation in
    study*) ;;
    *) quick+=("$operation") ;;
    esac
done
rows=1,70
[ "$size" = full ] && rows=1,70,2000
"$ringfence" bench "${quick[@]}" --rows $rows --repeat 1 --chains both --json >all.json 2>err ||
    failed "every operation: $(cat err)"
[ ! -s err ] || failed "without a terminal it says: $(cat err)"
sound all.json
jq -e --argjson n $((${#quick[@]} * $(tr , '\n' <<<$rows | wc -l) * 2)) \
    '.cases | length == $n' all.json >/dev/null || failed "$(jq ".cases | length" all.json) cases"
jq -e '.networks | length == 1 and .[0].made_by == "loopback" and
    ([.[0].ceilings[].chains] == [false, true]) and all(.[0].ceilings[];
    .link_bytes_per_second > 0 and .aes_bytes_per_second > 0 and .memory_bytes_per_second > 0 and
    .round_seconds > 0)' all.json >/dev/null || failed "ceilings: $(jq -c .networks all.json)"
ok "${#quick[@]} operations at $rows rows"

# ---- lanes ----

# Results and costs are those of a party with one lane, also where a lane has no rows.
"$ringfence" bench "${quick[@]}" --rows $rows --repeat 1 --chains off --lanes 1,2,3 --json >lanes.json 2>err ||
    failed "lanes: $(cat err)"
jq 'del(.cases[] | select(.skipped))' lanes.json >rest.json
sound rest.json
jq -e '[.cases[].lanes] | unique == [1, 2, 3]' lanes.json >/dev/null || failed "lanes: $(jq -c '[.cases[].lanes]' lanes.json)"
jq -e '[.cases[] | select(.skipped) | [.operation, .lanes]] | unique ==
    [["components", 2], ["components", 3], ["dot", 2], ["dot", 3]]' lanes.json >/dev/null ||
    failed "what has no lanes: $(jq -c '[.cases[] | select(.skipped) | [.operation, .lanes, .skipped]]' lanes.json)"
grep -q '^dot of 70 rows is skipped: works in one lane alone, not in 2$' err || failed "skipped: $(cat err)"
"$ringfence" bench and sort-32 join --rows 300 --repeat 2 --chains on --protocol rep3-active --lanes 2 --json >active.json
sound active.json
ok "lanes"

# One party's work alone: the tool itself compares what is opened and sent with the run that was recorded.
"$ringfence" bench and sort-32 compact sum scan --rows 300 --repeat 2 --chains off --protocol both --lanes 1,2 --alone --json >alone.json 2>err ||
    failed "--alone: $(cat err)"
sound alone.json
jq -e '(.cases | length == 20) and all(.cases[]; .alone_seconds > 0 and .alone_best > 0 and .alone_best <= .alone_seconds
    and .alone_speedup > 0 and .speedup > 0)' alone.json >/dev/null || failed "alone: $(jq -c '.cases[]' alone.json)"
jq -e 'all(.cases[]; has("alone_seconds") | not)' lanes.json >/dev/null || failed "alone without --alone"
"$ringfence" bench less --rows 300 --repeat 1 --chains on --lanes 1,2 --alone >alone.txt
grep -q ' alone  *best speed-up$' alone.txt || failed "the table: $(cat alone.txt)"
ok "alone"

# Wider keys cost more, and the answer is still right.
"$ringfence" bench group-sum join-count --rows 300 --repeat 2 --chains off --key 64 --json >key.json
sound key.json
jq -e --slurpfile all all.json 'all(.cases[]; .key_bits == 64)' key.json >/dev/null || failed "no keys: $(cat key.json)"

# ---- networks ----

# By the kernel if it has netem, else by a relay: the output says which.
"$ringfence" bench less and --rows 500 --repeat 2 --chains off --net 4ms,1gbit --json >net.json
sound net.json
jq -e '(.networks | length == 2) and (.networks[1] | .name == "4ms,1gbit" and
    (.made_by == "relay" or .made_by == "netem") and .rtt_seconds == 0.004 and .bytes_per_second == 125000000) and
    ([.cases[].network] == ["loopback", "4ms,1gbit", "loopback", "4ms,1gbit"]) and
    all(.cases[]; (.network == "loopback") == (.predicted_seconds == null)) and
    all(.cases[]; .network == "loopback" or .predicted_seconds > .rounds * 0.002) and
    (.cases[0].bytes_sent == .cases[1].bytes_sent and .cases[0].rounds == .cases[1].rounds)' net.json >/dev/null ||
    failed "a slower network: $(cat net.json)"
made_by=$(jq -r '.networks[1].made_by' net.json)
"$ringfence" bench and --rows 500 --repeat 1 --chains off --net lan --no-verify --progress >net.txt 2>err
grep -q "^network: lan, round trip 0.2 ms, 10000 Mbit/s each way between two parties, made by $made_by\$" net.txt ||
    failed "the network does not stand in the table: $(cat net.txt)"
[ "$(grep -cE '^[12] of 2: and of 500 rows, rep3, (loopback|lan): [0-9.]+ s$' err)" = 2 ] || failed "progress: $(cat err)"
ok "network made by $made_by"

# Namespaces joined by veth, with a tc that only notes what it is asked: all but the kernel's part.
namespaces() { # may they be made, and entered?
    local entered=1
    [ "$(id -u)" = 0 ] && ip netns add "rf-try-$$" 2>/dev/null || return 1
    ip -n "rf-try-$$" link set lo up 2>/dev/null && entered=0
    ip netns del "rf-try-$$"
    return $entered
}
if [ "$made_by" = relay ] && namespaces; then
    mkdir tools
    printf '#!/bin/sh\necho "$*" >>"%s/tc.log"\n' "$work" >tools/tc
    chmod +x tools/tc
    PATH=$work/tools:$PATH "$ringfence" bench equal --rows 500 --repeat 1 --chains off --net 10ms,1gbit --json >ns.json
    sound ns.json
    jq -e '.networks[1].made_by == "netem"' ns.json >/dev/null || failed "no namespaces: $(cat ns.json)"
    [ "$(grep -c 'dev rf[012] root netem delay 5000us rate 1000000kbit' tc.log)" = 6 ] ||
        failed "not six ends of cables: $(cat tc.log)"
    ! ip netns list | grep rfbench || failed "a namespace stays"
    ok "namespaces"
fi

# ---- other outputs ----

"$ringfence" bench less shuffle --rows 70,200 --repeat 1 --chains off --csv >all.csv
[ "$(wc -l <all.csv)" = 5 ] || failed "CSV: $(cat all.csv)"
awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) name[$i] = i; n = NF }
    NF != n || (NR > 1 && ($name["verified"] != 1 || $name["bytes_sent"] < 1)) { exit 1 }
    END { if (!n || !name["ratio_to_floor"]) exit 1 }' all.csv || failed "CSV: $(cat all.csv)"

"$ringfence" bench less --rows 70,200 --repeat 1 --chains on --protocol both >all.txt
[ "$(grep -cE '^less +rep3(-active)? +(70|200) +on +1 ' all.txt)" = 4 ] || failed "the table: $(cat all.txt)"
! grep -q 'not verified' all.txt || failed "the table: $(cat all.txt)"
grep -q '^and .*(not verified)' net.txt || failed "--no-verify verifies: $(cat net.txt)"

if command -v gnuplot >/dev/null; then
    "$ringfence" bench less select --rows 70,200 --repeat 1 --chains off --net lan --plot plots >/dev/null
    for plot in throughput floor network; do
        xmllint --noout "plots/$plot.svg" || failed "$plot.svg is no XML"
        grep -q 'less' "plots/$plot.svg" || failed "$plot.svg names no operation"
    done
    "$ringfence" bench less --rows 70 --repeat 1 --chains off --lanes 1,2 --alone --plot lanes >/dev/null
    xmllint --noout lanes/lanes.svg || failed "lanes.svg is no XML"
    grep -q 'one party alone' lanes/lanes.svg || failed "lanes.svg shows no party alone"
    [ ! -e plots/lanes.svg ] || failed "lanes.svg with one number of lanes"
    ok "plots"
fi
expect 1 "gnuplot does not start" env PATH=/nowhere "$ringfence" bench less --rows 70 --repeat 1 --chains off --plot plots

# ---- scenarios, and whole studies ----

# shrunk NAME: the scenario with tiny sizes
shrunk() {
    sed -E 's/^( *rows:).*/\1 [300]/; s/^( *repeats:).*/\1 1/; s/^banks: .*/banks: 3/' \
        "$scenarios/$1.yaml" >"$1.yaml"
}

# Each file can be read; that what it names can be measured was seen above.
for file in "$scenarios"/*.yaml; do
    name=$(basename "$file" .yaml)
    shrunk "$name"
    "$ringfence" bench --scenario "$name.yaml" --memory 1 --json >"$name.json" 2>/dev/null || failed "$name: $?"
    jq -e --arg name "$name" '.scenario == $name and (.cases | length > 0) and all(.cases[]; .skipped)' \
        "$name.json" >/dev/null || failed "$name: $(cat "$name.json")"
done
for name in quick engine network growth study lanes; do
    [ -s "$name.json" ] || failed "there is no scenario $name"
done
"$ringfence" bench --scenario quick.yaml --json >quick.json 2>err || failed "quick: $(cat err)"
sound quick.json
jq '{version, cases: [.cases[] | select(.operation == "study")]}' quick.json >study.json
if [ "$size" = full ]; then
    "$ringfence" bench study-both --rows 300 --banks 2 --repeat 1 --lanes 2 --json >both.json 2>err || failed "study-both: $(cat err)"
    sound both.json
    jq -s '.[0].cases += .[1].cases | .[0]' study.json both.json >all.json
    mv all.json study.json
fi
jq -e '(.cases | length >= 1) and all(.cases[]; .chains and .unit == "customer"
    and .command_seconds >= .seconds and (.parties | length == 3) and all(.parties[];
        .peak_columns > 0 and .traffic.rounds > 0 and (.steps | length > 5) and
        any(.steps[]; .name == "sort tokens" and .rows > 300 and .counted.bytes > 0 and
            .declared == .counted and .seconds > 0)))' study.json >/dev/null ||
    failed "a study's parties: $(jq -c '.cases[].parties' study.json)"
ok "scenario quick; studies: $(jq -c '.cases | map([.operation, .bytes_sent, .rounds])' study.json)"

# wrong PLACE TEXT: the scenario on standard input is refused, with its line
wrong() {
    cat >wrong.yaml
    expect 2 "wrong.yaml:$1: " "$ringfence" bench --scenario wrong.yaml
    expect 2 "$2" "$ringfence" bench --scenario wrong.yaml
}
wrong 2:23 "no operation 'lesss'" <<<$'scenario: a\ncases: [{operations: [lesss], rows: [5]}]'
wrong 2:37 "'many' is not a whole number" <<<$'scenario: a\ncases: [{operations: [less], rows: [many]}]'
wrong 2:8 "'2,17' is no list of numbers from 1 to 16" <<<$'scenario: a\nlanes: 2,17\ncases: [{operations: [less], rows: [5]}]'
wrong 2:8 "'maybe' is none of off, on" <<<$'scenario: a\nalone: maybe\ncases: [{operations: [less], rows: [5]}]'
wrong 2:10 "'rep9' is not known: rep3-active, rep3, both" <<<$'scenario: a\nbackend: rep9\ncases: [{operations: [less], rows: [5]}]'
wrong 2:9 "'some' is none of off, on, both" <<<$'scenario: a\nchains: some\ncases: [{operations: [less], rows: [5]}]'
wrong 2:12 "'slow' is no network" <<<$'scenario: a\nnetworks: [slow]\ncases: [{operations: [less], rows: [5]}]'
wrong 3:22 "study runs over loopback alone" <<<$'scenario: a\nnetworks: [lan]\ncases: [{operations: [study], rows: [5]}]'
wrong 2:48 "no operation here takes a key's width" <<<$'scenario: a\ncases: [{operations: [less], rows: [5], key:   8}]'
wrong 2:1 "speed" <<<$'scenario: a\nspeed: 5\ncases: [{operations: [less], rows: [5]}]'

# ---- what it refuses ----

expect 2 "there is no operation 'lesss'" "$ringfence" bench lesss
expect 2 "--rows" "$ringfence" bench less --rows 0
expect 2 "--rows" "$ringfence" bench less --rows 10x
expect 2 "--repeat" "$ringfence" bench less --repeat 65
expect 2 "--chains" "$ringfence" bench less --chains maybe
expect 2 "is no network" "$ringfence" bench less --net 10ms
expect 2 "--key" "$ringfence" bench group-sum --key 65
expect 2 "--key is for" "$ringfence" bench less --key 8
expect 2 "--banks" "$ringfence" bench study --banks 1
for lanes in 0 17 1,,2 '2,' x 1,2,3,4,5,6,7,8,9 1,1; do
    expect 2 "--lanes: '$lanes'" "$ringfence" bench less --lanes "$lanes"
done
expect 2 "loopback alone" "$ringfence" bench study --rows 100 --net lan
expect 2 "leave out --rows" "$ringfence" bench --scenario quick.yaml --rows 5
expect 2 "not both" "$ringfence" bench less --json --csv
expect 2 "leave out an operation" "$ringfence" bench less --calibrate
expect 2 "leave out --json" "$ringfence" bench --calibrate --json
expect 2 "--out is for --calibrate" "$ringfence" bench less --rows 10 --out here.json
expect 0 "product by rep3-active is skipped: it has no products" "$ringfence" bench product --rows 10 --protocol rep3-active
touch occupied
expect 2 "occupied: exists and is not a folder" "$ringfence" bench less --rows 10 --plot occupied
expect 2 "nowhere.yaml" "$ringfence" bench --scenario nowhere.yaml

# What does not fit is skipped and says so; the rest is measured.
"$ringfence" bench less sort-64-64 study --rows 100,200000 --repeat 1 --chains off --memory 300 --json >large.json 2>err
for name in sort-64-64 study; do
    grep -q "^$name of 200000 rows is skipped: needs about [0-9]* MiB of memory, and 300 MiB are there\$" err ||
        failed "$name is not skipped: $(cat err)"
done
jq -e '[.cases[] | select(.skipped) | [.operation, .rows, .seconds]] ==
    [["sort-64-64", 200000, null], ["study", 100, null], ["study", 200000, null]]' large.json >/dev/null || failed "skipped: $(cat large.json)"
jq 'del(.cases[] | select(.skipped))' large.json >rest.json
sound rest.json
ok "what does not fit is skipped"
nobody_left
no_cores
