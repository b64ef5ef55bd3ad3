#!/usr/bin/env bash
# Members on hosts of their own: a network namespace for each of five contributors and of three parties,
# joined by a bridge. Every process has its member's own folder, key and configuration and knows the others by their
# addresses alone; contributors have no port open. The result is that of `plain`.
# usage: hosts.sh RINGFENCE
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
own_network "$@"
start "$@"

members="bank-a bank-b bank-c bank-d bank-e"
parties=(bank-a bank-b bank-c)
tag=rf$$
hosts=()

# host NAME: a namespace with one way out, to the bridge; sets address_of[]
declare -A address_of=()
host() {
    local name=$1 number=$((${#hosts[@]} + 1))
    local space=$tag-$name link=$tag.$number
    ip netns add "$space"
    hosts+=("$space")
    ip link add "$link" type veth peer name eth0 netns "$space"
    ip link set "$link" master "$tag" up
    address_of[$name]=10.77.0.$number
    nsenter --net="/run/netns/$space" sh -c \
        "ip address add ${address_of[$name]}/24 dev eth0 && ip link set eth0 up && ip link set lo up"
}

leave() {
    local code=$? space
    finish || true
    for space in "${hosts[@]}"; do
        ip netns delete "$space"
    done
    ip link delete "$tag" 2>/dev/null || true
    return "$code"
}
trap leave EXIT

on() { # on HOST COMMAND...
    local space=/run/netns/$tag-$1
    shift
    nsenter --net="$space" "$@"
}

ip link add "$tag" type bridge 2>bridge.err || skip "no bridge may be made here: $(cat bridge.err)"
ip link set "$tag" up
for party in "${parties[@]}"; do
    host "party-$party"
done
for member in $members; do
    host "$member"
done

### every host gets what its member would have: its folder, the study, its own data
"$ringfence" generate both --banks 5 --customers 500 --out data >/dev/null
"$ringfence" run data/study.yaml --data data --out base --quiet >/dev/null # makes keys, has it approved
mkdir logs
for member in $members; do
    folders=("hosts/$member")
    [[ " ${parties[*]} " != *" $member "* ]] || folders+=("hosts/party-$member")
    for folder in "${folders[@]}"; do
        mkdir -p "$folder"
        cp -r "base/consortium/$member" "$folder/node"
        rm -rf "$folder/node/epochs"
        cp -r base/study "$folder/study"
        {
            echo "member: $member"
            [[ $folder != */party-* ]] || echo "listen: tcp://${address_of[party-$member]}:7700"
            echo "peers:"
            for party in "${parties[@]}"; do
                echo "  - {member: $party, address: 'tcp://${address_of[party-$party]}:7700'}"
            done
            echo "deadlines: {silence: 5, connect: 60, progress: 60}"
        } >"$folder/node/node.yaml"
    done
    cp -r "data/$member" "hosts/$member/data"
done

### hosts are apart: nobody is reached on loopback, and only parties listen
for party in "${parties[@]}"; do
    launch "party-$party" on "party-$party" "$ringfence" party --node "hosts/party-$party/node" \
        --study "hosts/party-$party/study" --out "hosts/party-$party/out"
    wait_for "party-$party" "waiting for"
done
[ "$(on party-bank-a ss -Htln | wc -l)" = 1 ] || failed "party-bank-a: $(on party-bank-a ss -Htln)"
on bank-d bash -c "exec 3<>/dev/tcp/${address_of[party-bank-a]}/7700" ||
    failed "bank-d does not reach party-bank-a"
! on bank-d bash -c "exec 3<>/dev/tcp/127.0.0.1/7700" 2>/dev/null || failed "hosts are not apart"

for member in $members; do
    [ -z "$(on "$member" ss -Htln)" ] || failed "$member listens"
    launch "client-$member" on "$member" "$ringfence" contribute --node "hosts/$member/node" \
        --study "hosts/$member/study" --data "hosts/$member/data" --out "hosts/$member/out"
done
for who in "${!pid[@]}"; do
    ends "$who" 0 60
done

### what plain says
"$ringfence" plain data/study.yaml --data data --json >plain.json
statistics plain.json >expected
[ "$(wc -l <expected)" -ge 5 ] || failed "no statistics in plain's result"
for member in $members; do
    statistics "hosts/$member/out/result.json" | cmp expected - || failed "$member: another result"
done
jq -e '.epoch == 1' hosts/bank-e/out/result.json >/dev/null || failed "not a first run"
for party in "${parties[@]}"; do # it is the links that carried the run
    sent=$(jq .traffic.bytes_sent "hosts/party-$party/out/party.json")
    crossed=$(on "party-$party" ip -s -j link show eth0 | jq '.[0].stats64.tx.bytes')
    [ "$crossed" -gt "$sent" ] || failed "party-$party sent $sent bytes, $crossed left its host"
    ok "party-$party: $sent bytes sent, $crossed left its host"
done
nobody_left
no_cores
ok "eight hosts: $(jq -c .statistics.rings.total hosts/bank-d/out/result.json)"
