#!/usr/bin/env bash
# Refuses generated files that are not what the contract generates: gen/, and the record of the contract in $1.
# Generated documents are checked by the tests of the packages that write them.
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
echo "generated: gen/ and $recorded are fresh"
