#!/usr/bin/env bash
# A small study run on this machine, small enough for a build with the thread sanitizer.
# usage: thread_run.sh RINGFENCE
set -eu
ringfence=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
"$ringfence" generate both --banks 4 --customers 400 --out data
"$ringfence" run data/study.yaml --data data --out out --silence 120
[ -s out/result.json ]
sed -i 's/^  lanes: .*/  lanes: 2/' data/study.yaml
"$ringfence" run data/study.yaml --data data --out lanes --silence 120
[ -s lanes/result.json ]
