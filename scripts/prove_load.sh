#!/usr/bin/env bash
# Runs the tests while eight processes take as much of the cores as they can get; arguments are pytest's.
set -euo pipefail
cd "$(dirname "$0")/.."

busy=()
trap 'kill "${busy[@]}"' EXIT
for _ in {1..8}; do
    while :; do :; done &
    busy+=($!)
done
BAYBOARD_TEST_PATIENCE=${BAYBOARD_TEST_PATIENCE:-6} .venv/bin/pytest --numprocesses 3 "$@"
