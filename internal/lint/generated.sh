#!/usr/bin/env bash
# Refuses generated files that are not what the contract generates: gen/, and the record of the contract in $1.
# Generated documents are checked by the tests of the packages that write them; those of the table of options here too,
# because the Flink connector is built from one.
set -euo pipefail
recorded=$1
fresh=$(mktemp -d)
trap 'rm -rf "$fresh"' EXIT

bin/buf generate -o "$fresh"
bin/buf build --exclude-source-info -o "$fresh/contract.binpb"
stale() {
	echo "$1 is not what proto/ generates: run \`make generate\` and commit the result" >&2
	exit 1
}
diff -r gen "$fresh/gen" || stale gen/
cmp "$recorded" "$fresh/contract.binpb" || stale "$recorded"
if ! go test -run 'IsFresh$' ./options; then
	echo "docs/options.md or the table of the Flink connector is not what options/table.go generates: run \`make generate\`" >&2
	exit 1
fi
echo "generated: gen/, $recorded and what the table of options generates are fresh"
