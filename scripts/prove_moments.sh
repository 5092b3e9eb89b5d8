#!/usr/bin/env bash
# Runs the tests with the clock of every process at six moments, one after the other; arguments are pytest's.
#
# MOMENTS names others, in UTC: MOMENTS="2026-12-31T23:50:00 2027-02-28T12:00:00". Debian's faketime moves the clock
# of Python, PostgreSQL and Mosquitto together, while Chromium, whose clock no page believes, keeps its own.
set -uo pipefail
cd "$(dirname "$0")/.."

read -ra moments <<<"${MOMENTS:-2026-11-30T00:30:00 2026-11-30T08:00:00 2026-11-30T15:59:00 2026-11-30T16:01:00 \
    2026-12-31T23:50:00 2026-03-29T00:30:00}"
library=(/usr/lib/*/faketime/libfaketimeMT.so.1)
[ -e "${library[0]}" ] || { echo "faketime is missing: apt-get install faketime, or run make as root" >&2; exit 1; }

# Each process adds the same number of seconds: what one shares with others only those of the same account may read.
# Files keep their times, since Python compares those of a module and of what it compiled it to.
export TZ=UTC FAKETIME_DISABLE_SHM=1 FAKETIME_DONT_FAKE_MONOTONIC=1 DONT_FAKE_MONOTONIC=1 NO_FAKE_STAT=1
export PYTHONPATH=$PWD/tests/moved_clock
export BAYBOARD_TEST_PATIENCE=${BAYBOARD_TEST_PATIENCE:-2}
failed=()
for moment in "${moments[@]}"; do
    echo "== $moment UTC"
    LD_PRELOAD=${library[0]} FAKETIME=$(printf '%+d' $(($(date -d "${moment}Z" +%s) - $(date +%s)))) \
        .venv/bin/pytest --numprocesses 3 -p no:cacheprovider "$@" || failed+=("$moment")
done
[ ${#failed[@]} -eq 0 ] || { echo "failed at: ${failed[*]}" >&2; exit 1; }
echo "passed at: ${moments[*]}"
