#!/usr/bin/env bash
# A real TimescaleDB for the tests, beside whatever this machine runs.
#
#   timescaledb.sh install        once: use the system's package, or else put Debian's under ~/.cache (root)
#   timescaledb.sh start PORT     a fresh, empty server on 127.0.0.1:PORT; prints its address
#   timescaledb.sh stop PORT      ends that server and removes its data
#   timescaledb.sh status         says what is installed and which servers run
#
# Exit status: 0 done, 1 failed, 3 this machine cannot have it or has not got it yet (a sentence on stderr).
# Nothing is mounted for longer than `install` lasts, and no service of the system is started or changed.
set -euo pipefail

cache=${XDG_CACHE_HOME:-$HOME/.cache}/bayboard/timescaledb
tree=$cache/trixie
readonly cache tree

fail() { echo "timescaledb: $2" >&2; exit "$1"; }
is_root() { [ "$(id -u)" = 0 ]; }

# Sets root (where the binaries live: / or our tree) and bin (their path below it).
find_binaries() {
    local library
    for root in / "$tree"; do
        for library in "$root"/usr/lib/postgresql/*/lib/timescaledb.so; do
            [ -e "$library" ] || continue
            bin=${library%/lib/timescaledb.so}/bin
            bin=/${bin#"$root"/}
            [ "$root" = / ] || is_root || continue  # entering the tree is for root only
            return 0
        done
    done
    return 1
}

# PostgreSQL refuses to run as root, so root hands over to the package's account, inside the tree if there is one.
as_postgres() {
    if is_root; then
        # A clock that was moved (prove_moments.sh) is moved inside, too.
        (cd / && env -u LD_PRELOAD chroot --userspec=postgres:postgres "$root" \
            env -i LC_ALL=C.UTF-8 PATH=/usr/bin:/bin ${LD_PRELOAD:+$(printenv | grep -E '^(LD_PRELOAD|FAKETIME|FAKETIME_D[A-Z_]*|DONT_FAKE_MONOTONIC|NO_FAKE_STAT)=')} "$@")
    else
        "$@"
    fi
}

# Each server has a directory of its own: as PostgreSQL sees it, and as we see it.
locate_data() {
    if is_root; then
        data=/var/lib/postgresql/bayboard-$1
        outside=${root%/}$data
    else
        data=$cache/bayboard-$1
        outside=$data
    fi
}

install_it() {
    if find_binaries; then return; fi
    is_root || fail 3 "not installed, and only root can: run 'make test' once as root"
    command -v debootstrap >/dev/null || fail 3 "debootstrap is missing: apt-get install debootstrap"
    mkdir -p "$cache"
    exec 9>"$cache/lock"
    flock 9
    [ ! -d "$tree" ] || return 0  # another process made it while we waited
    echo "timescaledb: installing Debian's package into $tree, once, in about a minute" >&2
    rm -rf --one-file-system "$tree.partial"
    # In a mount namespace of its own where that can be had (not in a chroot), so that the /proc which debootstrap
    # mounts is gone with it, even if it is killed.
    local apart=()
    if unshare --mount true 2>/dev/null; then apart=(unshare --mount); fi
    "${apart[@]}" debootstrap --variant=minbase --force-check-gpg --include=postgresql-17-timescaledb \
        trixie "$tree.partial" >"$cache/debootstrap.log" 2>&1 \
        || fail 3 "debootstrap could not make $tree; its last words, from $cache/debootstrap.log:
$(tail -n 3 "$cache/debootstrap.log")"
    rm -f "$tree.partial"/var/cache/apt/archives/*.deb
    mv "$tree.partial" "$tree"
}

start() {
    find_binaries || fail 3 "not installed: run 'make test' once as root"
    [ -z "${LD_PRELOAD-}" ] || [ "$root" = / ] || install -D "$LD_PRELOAD" "$root$LD_PRELOAD"
    locate_data "$1"
    stop "$1"
    mkdir -p "$(dirname "$outside")"
    as_postgres "$bin/initdb" --pgdata="$data" --username=postgres --auth=trust --encoding=UTF8 \
        --locale=C.UTF-8 --no-sync >/dev/null || fail 1 "initdb failed in $outside"
    # Fast rather than safe, since the data is thrown away. No background workers: they would hold connections
    # to a template database and so keep it from being cloned. Memory is shared by mmap: the tree has no /dev/shm.
    cat >>"$outside/postgresql.conf" <<-SETTINGS
	listen_addresses = '127.0.0.1'
	port = $1
	unix_socket_directories = ''
	shared_preload_libraries = 'timescaledb'
	timescaledb.telemetry_level = off
	timescaledb.max_background_workers = 0
	dynamic_shared_memory_type = mmap
	fsync = off
	full_page_writes = off
	SETTINGS
    as_postgres "$bin/pg_ctl" start --silent --wait --pgdata="$data" --log="$data/server.log" >/dev/null \
        || fail 1 "the server did not start: $(tail -n 3 "$outside/server.log")"
    echo "postgresql://postgres@127.0.0.1:$1/postgres"
}

stop() {
    find_binaries || return 0
    locate_data "$1"
    [ -d "$outside" ] || return 0
    [ ! -e "$outside/postmaster.pid" ] \
        || as_postgres "$bin/pg_ctl" stop --silent --wait --mode=immediate --pgdata="$data" >&2 || true
    rm -rf --one-file-system "$outside"
}

status() {
    find_binaries || fail 3 "not installed"
    echo "binaries: ${root%/}$bin"
    locate_data '*'
    local pid_file
    for pid_file in $outside/postmaster.pid; do
        [ -e "$pid_file" ] || continue
        echo "server: postgresql://postgres@127.0.0.1:$(sed -n 4p "$pid_file")/postgres (process $(head -n 1 "$pid_file"))"
    done
}

case "${1-} ${2-}" in
    "install ") install_it ;;
    "start "[1-9]*) start "$2" ;;
    "stop "[1-9]*) stop "$2" ;;
    "status ") status ;;
    *) sed -n '2,10s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
esac
