#!/usr/bin/env bash
# Writes the index of decisions to docs/adr/README.md, or with --check refuses an index that is not up to date and a
# number that is used twice.
set -euo pipefail
cd "$(dirname "$0")/../../docs/adr"

index() {
	echo '# Decisions'
	echo
	echo 'What was decided, why, and what else was thought of. [0001](0001-record-decisions.md) says how to write one.'
	echo 'The list is written by `make generate`.'
	echo
	local file title
	for file in [0-9]*.md; do
		title=$(sed -n '1s/^# *\([0-9]*\. *\)\{0,1\}//p' "$file")
		echo "- [${file%%-*}]($file) $title"
	done
}

if [[ ${1:-} != --check ]]; then
	index >README.md
	exit
fi
twice=$(printf '%s\n' [0-9]*.md | cut -d- -f1 | uniq -d)
if [[ -n $twice ]]; then
	echo "docs/adr: number $twice is used twice" >&2
	exit 1
fi
index | diff README.md - || {
	echo "docs/adr/README.md is not the list of decisions: run \`make generate\` and commit the result" >&2
	exit 1
}
