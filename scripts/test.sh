#!/bin/sh
# Runs the three test projects and ends with the line `N passed, N failed`. Fails when a test failed, when an assembly did
# not come to its end, and when it ran no test at all. Arguments go to every assembly: scripts/test.sh -namespace '*Dns*'.
set -u
cd "$(dirname "$0")/.."
[ "$(id -u)" = 0 ] || { echo "test: host and cluster tests make namespaces and mounts: run me as root (tests/Skein.Tests alone needs no root)" >&2; exit 1; }

export SKEIN_PROGRAM="${SKEIN_PROGRAM:-$PWD/out/skein}"     # what the lab of the cluster tests runs
limit=${TEST_LIMIT_SECONDS:-2400}                            # for one assembly; the longest takes half of that
summary=$(mktemp)
trap 'rm -f "$summary"' EXIT

dotnet build Skein.slnx -v q -nologo -clp:NoSummary || exit 1

passed=0 failed=0
for project in Skein.Tests Skein.HostTests Skein.ClusterTests; do
    echo "== $project"
    program=tests/$project/bin/Debug/net10.0/$project
    { timeout --kill-after=20 "$limit" "$program" -noColor "$@"; echo "status $?"; } 2>&1 | tee "$summary"
    status=$(sed -n 's/^status //p' "$summary" | tail -1)
    # The runner's last lines: "   Skein.Tests  Total: 32, Errors: 0, Failed: 0, Skipped: 0, Not Run: 0, Time: 0.606s"
    line=$(grep -E '^ +[A-Za-z.]+ +Total: ' "$summary" | tail -1)
    number() { found=$(printf '%s' "$line" | sed -n "s/.*$1: \([0-9]*\).*/\1/p"); echo "${found:-0}"; }
    total=$(number Total)
    skipped=$(($(number Skipped) + $(number "Not Run")))
    bad=$(($(number Errors) + $(number Failed)))
    if [ "$status" != 0 ] && [ "$bad" = 0 ]; then
        echo "$project ended with status $status"
        bad=1
    fi
    passed=$((passed + total - skipped - bad))
    failed=$((failed + bad))
done

echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
