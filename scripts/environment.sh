#!/usr/bin/env bash
# Makes .venv hold exactly what requirements.lock says, hash for hash, and this project itself.
# Needs Python 3.11 or newer and a way to the package index; `make env` runs it when the lock has changed.
set -euo pipefail
cd "$(dirname "$0")/.."

find_python() {
    local name
    for name in python3.13 python3.12 python3.11 python3; do
        if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            echo "$name"
            return
        fi
    done
    echo "Bayboard needs Python 3.11 or newer, and none of python3.13, python3.12, python3.11, python3 is." >&2
    exit 1
}

# Debian and Ubuntu keep `venv` in a package of its own, one for each version of Python.
need_venv() {
    local package
    "$1" -c 'import ensurepip, venv' 2>/dev/null && return
    package=$("$1" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')
    if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
        echo "$1 cannot make environments: install its venv module (apt-get install $package) and try again." >&2
        exit 1
    fi
    echo "Installing $package"
    export DEBIAN_FRONTEND=noninteractive
    apt-get install -qq "$package" >/dev/null 2>&1 || { apt-get update -qq && apt-get install -qq "$package" >/dev/null; }
}

if ! .venv/bin/uv --version >/dev/null 2>&1; then
    python=$(find_python)
    need_venv "$python"
    echo "Making the environment in .venv with $("$python" --version), once; this takes a minute or two"
    "$python" -m venv --clear .venv
    # uv is pinned like everything else: its lines of the lock are what pip is given.
    awk '/^[^ ]/ {ours = /^uv==/} ours' requirements.lock \
        | .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes \
            --requirement /dev/stdin
fi

export VIRTUAL_ENV=$PWD/.venv
# Trust whom the machine trusts, a company's own authority for one, and not only uv's own list.
[ ! -e /etc/ssl/certs/ca-certificates.crt ] || export UV_SYSTEM_CERTS=1
.venv/bin/uv pip sync --quiet --require-hashes requirements.lock
# Editable and without isolation: the build backend is in the lock too, so nothing unpinned is ever run.
.venv/bin/uv pip install --quiet --no-deps --no-build-isolation --editable .
