#!/usr/bin/env bash
# What parties open is what the manifest declares: every kind that is opened is disclosed, every disclosure
# of bits to parties is opened, and as many bits as follow from the manifest. Only the number of results of
# comparisons depends on chance, and that of shared rows, where it is disclosed, on the data.
# usage: opened.sh RINGFENCE STUDY_SECRETS
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
study_secrets=$(realpath "$2")
start "$@"

# Of all contributors' rows, those whose token several contribute: counted here, from tokens.
shared_rows() { # OUT
    local bank
    for bank in data/*/; do
        bank=$(basename "$bank")
        "$study_secrets" "$1/consortium/$bank" "$1/study" "data/$bank" | grep "^row "
    done | sort | uniq -c | awk '$1 > 1 { rows += $1 } END { print rows + 0 }'
}

# The kinds of openings that a manifest's disclosures allow; each is one of bits to parties.
cat >kinds.jq <<'END'
{unique: "unique", sort_order: "order", compaction: "kept", shared_rows_fit: "fits",
 converged: "converged"} as $kind_of |
[.disclosures[] | select((.to == "parties" or .to == "members") and (.kind == "bit" or .kind == "bits")) |
 $kind_of[.name] // "unknown: \(.name)"] | sort | .[]
END

# study NAME SED SHARED: data/study.yaml, changed; the number of shared rows that parties may learn
study() {
    local name=$1 shared=$3 party rows fillers=0
    sed "$2" data/study.yaml >"$name.yaml"
    "$ringfence" run "$name.yaml" --data data --out "$name" --quiet >/dev/null ||
        failed "$name: run gives $?"
    "$ringfence" study show "$name/study" --json >manifest.json
    jq -r -f kinds.jq manifest.json >declared
    rows=$(jq '[.members[].rows] | add' manifest.json)
    [ "$rows" -gt 0 ] || failed "$name: no rows are declared"
    if [ "$shared" = counted ]; then
        shared=$(shared_rows "$name")
    else
        fillers=$shared
    fi
    "$ringfence" explain "$name/study.yaml" --json \
        --shared "$(awk -v n="$shared" -v of="$rows" 'BEGIN { print 100 * n / of }')" >explained.json
    for party in "$name"/*/party.json; do
        jq -r '.opened | to_entries | map(select(.value > 0) | .key) | sort | .[]' "$party" >opened
        cmp declared opened || failed "$party: declared and opened: $(diff declared opened)"
        jq -e --argjson rows $((rows + fillers)) --argjson shared "$shared" \
            --slurpfile explained explained.json '
            # Of what is received from contributors, a party declares nothing.
            .opened as $opened | $explained[0].parties[.party].opened_bits as $plan |
            $opened.unique == 1 and $opened.fits <= 1 and $opened.converged <= 1 and
            $opened.result == 0 and $opened.kept == $rows and
            ($opened | del(.order)) == ($plan | del(.order)) and
            $opened.order > $plan.order * 0.75 and $opened.order < $plan.order * 1.25 and
            .shared_rows == $shared and
            ([.steps[1:][] | select(.declared != .counted)] | length) == 0' "$party" >/dev/null ||
            failed "$party: with $rows rows, of them $shared shared: $(jq -c . "$party")"
        jq -c .opened "$party"
    done >opened.all
    sort -u opened.all >alike
    [ "$(wc -l <opened.all) $(wc -l <alike)" = "3 1" ] ||
        failed "$name: parties opened different things: $(cat alike)"
    said "$name"
    ok "$name: $rows rows, $shared shared: $(cat alike)"
}

# said NAME: recipients are told the same, and in the words of the manifest
said() {
    local result
    jq -c '[.disclosures[] | [.name, .to, .text]]' manifest.json >declared
    for result in "$1"/*/result.json; do
        jq -c '[.disclosures[] | [.name, .to, .description]]' "$result" | cmp - declared ||
            failed "$result discloses something else than the manifest"
        jq -e --slurpfile party "$1/bank-a/party.json" '
            [.disclosures[] | {(.name): .value}] | add | . as $said | $party[0].opened as $opened |
            .sort_order == "\($opened.order) bits" and .compaction == "\($opened.kept) bits" and
            .shared_rows == "\($party[0].shared_rows)"' "$result" >/dev/null ||
            failed "$result does not say what was opened: $(jq -c .disclosures "$result")"
    done
}

"$ringfence" generate both --banks 3 --customers 600 --out data >/dev/null
study all "" counted
study tokens "s/^statistics: .*/statistics: [shared_tokens]/" counted
study padded "s/^statistics: .*/statistics: [rings]/; s/shared_rows: .*/shared_rows: 200/; s/min_cell: .*/min_cell: 0/" 200
no_cores
