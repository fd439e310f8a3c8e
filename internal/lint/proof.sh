#!/usr/bin/env bash
# Shows that `make lint` refuses what it is there to refuse: plants one mistake at a time in a copy of the tree, runs
# the step that has to notice, and looks for its message. Without a mistake the same steps have to pass.
set -euo pipefail
cd "$(dirname "$0")/../.."
tree=$PWD
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
failures=0

# fresh makes a new copy of what git would commit, with the tools of the tree.
fresh() {
	rm -rf "${copy:?}/weir"
	mkdir "$copy/weir"
	git -C "$tree" ls-files -z --cached | (cd "$tree" && xargs -0 tar cf - --ignore-failed-read 2>/dev/null) | tar xf - -C "$copy/weir"
	ln -s "$tree/bin" "$copy/weir/bin"
	cd "$copy/weir"
}

# refuses NAME MESSAGE COMMAND… runs the command, which has to fail with the message.
refuses() {
	local name=$1 message=$2 output
	shift 2
	if output=$("$@" 2>&1); then
		echo "NOT REFUSED  $name: $* passes"
		failures=$((failures + 1))
	elif ! grep -qF -- "$message" <<<"$output"; then
		echo "NOT REFUSED  $name: $* fails, but not with \"$message\":"
		echo "$output"
		failures=$((failures + 1))
	else
		printf 'refused      %s\n             %s\n' "$name" "$(grep -F -m1 -- "$message" <<<"$output")"
	fi
}

accepts() {
	local output
	if output=$("$@" 2>&1); then
		echo "accepted     $*"
	else
		echo "NOT ACCEPTED $*:"
		echo "$output"
		failures=$((failures + 1))
	fi
}

# Everything that follows goes into one small package, so that a run takes seconds.
lint=(bin/golangci-lint run ./batching/...)
contract=internal/lint/contract.binpb

fresh
accepts "${lint[@]}"
accepts internal/lint/generated.sh $contract
accepts internal/lint/breaking.sh $contract
accepts internal/lint/adr.sh --check

fresh
cat >batching/planted.go <<'GO'
package batching

import "github.com/weir-ml/weir/providers"

var _ providers.Provider
GO
refuses "an import in the wrong direction" "is not allowed from list 'batching'" "${lint[@]}"

fresh
cat >batching/planted.go <<'GO'
package batching

func Planted() {}
GO
refuses "an exported name without a comment" "exported function Planted should have comment" "${lint[@]}"

fresh
mkdir batching/planted
echo 'package planted' >batching/planted/planted.go
refuses "a package without a comment" "should have a package comment" "${lint[@]}"

fresh
cat >batching/planted.go <<'GO'
package batching

import "os"

// Planted forgets an error.
func Planted() { os.Remove("planted") }
GO
refuses "an unchecked error" "Error return value of \`os.Remove\` is not checked" "${lint[@]}"

fresh
cat >batching/planted_test.go <<'GO'
package batching_test

import (
	"testing"
	"time"
)

func TestPlanted(*testing.T) { time.Sleep(time.Second) }
GO
refuses "a sleep in a test" "use of \`time.Sleep\` forbidden" "${lint[@]}"

fresh
cat >batching/planted.go <<'GO'
package batching

import "fmt"

// Planted prints.
func Planted() { fmt.Println("planted") }
GO
refuses "a library that prints" "use of \`fmt.Println\` forbidden" "${lint[@]}"

fresh
{
	printf 'package batching\n\nfunc planted() []int {\n\treturn []int{\n'
	for i in {1..60}; do printf '\t\t%d,\n' "$i"; done
	printf '\t}\n}\n\nvar _ = planted\n'
} >batching/planted.go
refuses "a function over 60 lines" "Function 'planted' is too long" "${lint[@]}"

fresh
echo '// stale' >>gen/weir/v1/inference.pb.go
refuses "a stale gen/" "run \`make generate\`" internal/lint/generated.sh $contract

fresh
sed -i 's/"batch.size"/"batch.planted"/' flink/src/main/resources/io/github/weirml/flink/options.json
refuses "a stale table in the Flink connector" "run \`make generate\`" internal/lint/generated.sh $contract

fresh
sed -i 's/^message Flush {}/message Flush {\n  \/\/ Planted.\n  bool planted = 1;\n}/' proto/weir/v1/inference.proto
refuses "a changed contract that is not generated" "run \`make generate\`" internal/lint/generated.sh $contract

fresh
sed -i '/^message PredictRequest {/,/^}/ { /Flush flush = 4;/d; /Sends what is gathered/d }' proto/weir/v1/inference.proto
refuses "a contract that breaks clients" 'Previously present field "4"' internal/lint/breaking.sh $contract

fresh
sed -i 's/^\/\/ Several results\.$//' proto/weir/v1/inference.proto
refuses "a message without a comment" "ResultBatch" bin/buf lint

fresh
printf '# 9999. Planted\n' >docs/adr/9999-planted.md
refuses "a decision that the index lacks" "run \`make generate\`" internal/lint/adr.sh --check

if ((failures > 0)); then
	echo "$failures checks do not bite"
	exit 1
fi
