#!/usr/bin/env bash
# A study over a node's limits: explain says so with the number and the limit, and a party refuses it
# before it calls anybody. Times come from a calibration.
# usage: admission.sh RINGFENCE
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
start "$@"
export XDG_CONFIG_HOME=$work/config

"$ringfence" generate identifiers --banks 3 --customers 6000 --out data >/dev/null
"$ringfence" run data/study.yaml --data data --out out-trial --quiet >/dev/null
consortium out-trial

# A machine on which a round takes a second, and everything else nothing.
jq -n '{format: "ringfence-calibration", version: 3, made: "2026-01-31T12:00:00Z",
    machine: {processor: "slow", cores: 2, load: 0}, conditions: {protocol: "rep3", chains: true},
    seconds: {byte_drawn: 0, byte_hashed: 0, round: 1, contributor: 0, contributor_row: 0},
    effort: (["pass", "turn", "copy", "gather", "deal", "ask", "weigh", "prove", "send", "map"] | map({(.): [[1, 0]]}) | add),
    lockstep: [[1, 1]]}' >slow.json
explain=("$ringfence" explain data/study.yaml --rows 60000)

# ---- explain ----

expect 0 "ringfence bench --calibrate" "${explain[@]}"
expect 2 "there is a limit on time and nothing to predict it from" "${explain[@]}" --time 10
expect 2 "nowhere.json" "${explain[@]}" --calibration nowhere.json
"${explain[@]}" --calibration slow.json --json >slow
rounds=$(jq '[.parties[].steps] | transpose | map(map(.rounds) | max) | add' slow)
jq -e --argjson rounds "$rounds" '.seconds | .all == .compute and .all == $rounds' slow >/dev/null ||
    failed "$rounds rounds of a second each do not add up: $(jq -c .seconds slow)"
expect 2 "the study takes about $rounds s as predicted, the limit on time is 10 s" \
    "${explain[@]}" --calibration slow.json --time 10
expect 0 "reveals" "${explain[@]}" --calibration slow.json --time "$rounds"
mkdir -p config/ringfence
cp slow.json config/ringfence/calibration.json
expect 2 "the limit on time is 10 s" "${explain[@]}" --time 10
rm -r config
expect 2 "MiB of share columns, the limit on memory is 1 MiB" "${explain[@]}" --memory 1
expect 0 "reveals" "${explain[@]}" --memory 4096
ok "explain: refuses with number and limit"
# A member has the proposal's folder, and no study file.
cmp <("$ringfence" explain study --json | jq 'del(.seconds)') <("$ringfence" explain out-trial/study.yaml --json | jq 'del(.seconds)') ||
    failed "a proposal is not explained as its study file"
ok "explain: a proposal's folder"

# ---- run: before it makes keys ----

expect 2 "the limit on memory is 1 MiB" "$ringfence" run data/study.yaml --data data --out new --memory 1
[ ! -e new ] || failed "run made its folder for a study over the limit"

# ---- a party: nobody else is there, so that one that called anybody would wait ----

who=${parties[0]}
refuses() {
    launch "party-$who" "$ringfence" party --node "members/$who" --study study --out "results/$who" "${@:2}"
    ends "party-$who" 2
    grep -qF -- "$1" "logs/party-$who" || failed "the party does not say '$1': $(cat "logs/party-$who")"
    ! grep -q "waiting for" "logs/party-$who" || failed "the party called the others: $(cat "logs/party-$who")"
    [ ! -e "results/$who/party.json" ] || failed "there is a record of a run"
}

cp "members/$who/node.yaml" plain.yaml
cp slow.json "members/$who/machine.json"
limits() {
    sed '/^deadlines/q' plain.yaml >"members/$who/node.yaml"
    printf '%s\n' "$@" >>"members/$who/node.yaml"
}

limits "limits: {time: 10}" "files: {calibration: machine.json}"
refuses "s as predicted, the limit on time is 10 s"
expect 2 "the limit on time is 10 s" "${explain[@]}" --node "members/$who"
expect 2 "the limit on time is 20 s" "${explain[@]}" --node "members/$who/node.yaml" --time 20
limits "limits: {time: 10}"
refuses "nothing to predict it from"
limits "limits: {memory: 1}"
refuses "the limit on memory is 1 MiB"
limits "limits: {memory: 1024}"
refuses "the limit on memory is 1 MiB" --memory 1
ok "party: refuses before it calls anybody"

# ---- within its limits it takes part ----

limits "limits: {memory: 1024, time: 86400}" "files: {calibration: machine.json}"
launch "party-$who" "$ringfence" party --node "members/$who" --study study --out "results/$who"
wait_for "party-$who" "waiting for"
kill "${pid[party-$who]}"
ok "party: within its limits it waits for the others"
no_cores
