#!/usr/bin/env bash
# Installs what the tests drive beside Python packages: Chromium, Mosquitto, Caddy, docker-compose, TimescaleDB, faketime.
# Only what is missing, only as root on Debian or Ubuntu, and without starting or enabling any service.
# A part this machine cannot have is not its failure but that of the tests that need it; they say how to get it.
set -euo pipefail
cd "$(dirname "$0")/.."

# What is missing; TimescaleDB as the system's own package if there is one, else by debootstrap.
list_missing() {
    local timescaledb package
    timescaledb=$(apt-cache search --names-only '^postgresql-[0-9]+-timescaledb$' | sort -rV | awk 'NR == 1 {print $1}')
    for package in chromium chromium-headless-shell libatomic1 fonts-noto-cjk mosquitto mosquitto-clients docker-compose \
        faketime openssl caddy \
        ${timescaledb:-debootstrap debian-archive-keyring}; do
        dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || echo "$package"
    done
}

is_installable() { apt-cache policy "$1" | grep 'Candidate: ' | grep -qv '(none)'; }

list_installable() {
    local package
    for package in "$@"; do
        if is_installable "$package"; then echo "$package"; fi
    done
}

# Debian starts a service on installing it. policy-rc.d is the way to say no, and it is ours only for this while;
# the same goes for the cluster that PostgreSQL's package would make, and start at every boot.
hold_services_back() {
    held=()
    trap 'rm -f "${held[@]}"' EXIT
    if [ ! -e /usr/sbin/policy-rc.d ]; then
        held+=(/usr/sbin/policy-rc.d)
        printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
        chmod +x /usr/sbin/policy-rc.d
    fi
    mkdir -p /etc/postgresql-common/createcluster.d
    held+=(/etc/postgresql-common/createcluster.d/bayboard.conf)
    echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.d/bayboard.conf
}

install_packages() {
    apt-get install -qq --no-install-recommends -o Dpkg::Use-Pty=0 "$@" >/dev/null
}

install_missing() {
    local missing installable
    mapfile -t missing < <(list_missing)
    [ ${#missing[@]} -gt 0 ] || return 0
    mapfile -t installable < <(list_installable "${missing[@]}")
    if [ ${#installable[@]} -lt ${#missing[@]} ]; then
        apt-get update -qq || true
        mapfile -t missing < <(list_missing)
        mapfile -t installable < <(list_installable "${missing[@]}")
    fi
    [ ${#installable[@]} -gt 0 ] || return 0
    echo "Installing for the tests, once: ${installable[*]}"
    hold_services_back
    install_packages "${installable[@]}" 2>/dev/null \
        || { apt-get update -qq && install_packages "${installable[@]}"; } || return 1
    local service
    for service in mosquitto caddy; do
        if [[ " ${installable[*]} " = *" $service "* ]] && [ -d /run/systemd/system ]; then
            systemctl disable --quiet "$service"
        fi
    done
}

export DEBIAN_FRONTEND=noninteractive
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    install_missing || echo "Not everything the tests need could be installed; tests that need the rest fail and name it"
    scripts/timescaledb.sh install || true
fi
