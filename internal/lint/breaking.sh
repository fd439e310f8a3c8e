#!/usr/bin/env bash
# Refuses a change of the contract that breaks clients: against the contract as it was last recorded (the file in $1,
# which is part of every commit, so that a shallow clone is enough) and against the last release, where there is one.
set -euo pipefail
recorded=$1
against() {
	bin/buf breaking --against "$1" || {
		echo "The contract of $2 is broken: old clients will meet this. Add instead of changing;" \
			"docs/adr/0002 says what to do if it must be." >&2
		return 1
	}
}

if [[ -f $recorded ]]; then
	against "$recorded" "$recorded"
else
	echo "contract: $recorded is missing; \`make break-contract\` writes it" >&2
	exit 1
fi

if release=$(git describe --tags --abbrev=0 --match 'v[0-9]*' 2>/dev/null); then
	against ".git#tag=$release" "release $release"
else
	echo "contract: compared with $recorded; no release tag here to compare with"
fi
