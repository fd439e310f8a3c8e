#!/usr/bin/env bash
# Runs the Java tests and adds them to the count of COUNT_FILE, if that is set. Without a JDK and Maven it says so and does
# nothing; where CI=true that is an error. Arguments go to Maven, such as -Pflink-2.3.
set -uo pipefail
cd "$(dirname "$0")"

if ! command -v javac >/dev/null || ! command -v mvn >/dev/null; then
	echo "flink: SKIPPED, because there is no JDK (javac) or no Maven (mvn) on the PATH"
	[[ ${CI:-} != true ]]
	exit
fi

rm -rf target/surefire-reports target/failsafe-reports
mvn -q -B -Dstyle.color=never verify "$@"
code=$?
# What the benchmarks and the demo in Flink run must at least compile.
mvn -q -B -Dstyle.color=never -f ../bench/flink/pom.xml compile spotless:check || code=1

# sum ATTRIBUTE: that of all test suites together.
sum() {
	cat target/surefire-reports/TEST-*.xml target/failsafe-reports/TEST-*.xml 2>/dev/null |
		grep -o '<testsuite [^>]*' | grep -oE " $1=\"[0-9]+\"" | tr -dc '0-9\n' | awk '{n += $1} END {print n + 0}'
}
skipped=$(sum skipped)
failed=$(($(sum failures) + $(sum errors)))
passed=$(($(sum tests) - failed - skipped))
if ((code != 0 && failed == 0)); then failed=1; fi
if ((passed == 0)); then code=1; fi
echo "flink: $passed passed, $failed failed, $skipped skipped"

if [[ -n ${COUNT_FILE:-} && -s ${COUNT_FILE:-} ]]; then
	read -r p _ f _ s _ < <(tr -d , <"$COUNT_FILE"; echo)
	echo "$((p + passed)) passed, $((f + failed)) failed, $((${s:-0} + skipped)) skipped" >"$COUNT_FILE"
fi
exit $code
