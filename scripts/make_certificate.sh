#!/usr/bin/env bash
# Makes a certificate for the broker, signed by an authority of the workshop's own.
#
#   make_certificate.sh DIRECTORY HOST...   HOST: every name and address that devices call the broker by
#
# The directory then holds server.crt and server.key for the broker, ca.crt for every device, and ca.key, which
# can make more certificates that your devices trust: keep it somewhere else. With ca.crt and ca.key still there,
# the server's certificate is made anew and devices go on trusting it: do so within two years.
set -euo pipefail

authority_days=3650
server_days=730

fail() { echo "make_certificate: $1" >&2; exit 1; }

list_names() {
    local host
    for host in "$@"; do
        if [[ $host =~ ^[0-9]+(\.[0-9]+){3}$ || $host =~ ^[0-9A-Fa-f:]+:[0-9A-Fa-f:.]*$ ]]; then
            echo "IP:$host"
        elif [[ $host =~ ^[A-Za-z0-9*]([A-Za-z0-9.-]*[A-Za-z0-9])?$ ]]; then
            echo "DNS:$host"
        else
            fail "$host is neither a host name nor an address"
        fi
    done
}

make_key() { openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out "$1" 2>/dev/null; }

make_authority() {
    make_key "$1/ca.key"
    openssl req -x509 -new -key "$1/ca.key" -out "$1/ca.crt" -days "$authority_days" -config - <<-CONFIG
	[req]
	distinguished_name = name
	x509_extensions = authority
	prompt = no
	[name]
	CN = Bayboard authority of $(hostname), $(date +%F)
	[authority]
	basicConstraints = critical, CA:TRUE, pathlen:0
	keyUsage = critical, keyCertSign, cRLSign
	subjectKeyIdentifier = hash
	CONFIG
}

# The broker may read the old pair while this runs, so the new one is put into its place only when it is whole.
make_server() {
    local directory=$1 names=$2
    work=$(mktemp -d "$directory/.new-XXXXXX")
    trap 'rm -rf "$work"' EXIT
    make_key "$work/server.key"
    openssl req -new -key "$work/server.key" -subj "/CN=Bayboard broker" -out "$work/request"
    openssl x509 -req -in "$work/request" -CA "$directory/ca.crt" -CAkey "$directory/ca.key" \
        -set_serial "0x$(openssl rand -hex 16)" -days "$server_days" -out "$work/server.crt" -extfile - \
        2>/dev/null <<-EXTENSIONS
	basicConstraints = critical, CA:FALSE
	keyUsage = critical, digitalSignature, keyEncipherment
	extendedKeyUsage = serverAuth
	subjectAltName = $names
	subjectKeyIdentifier = hash
	authorityKeyIdentifier = keyid
	EXTENSIONS
    # An owner that was given to the key, so that the broker can read it, is kept.
    [ ! -e "$directory/server.key" ] || chown --reference="$directory/server.key" "$work/server.key"
    mv "$work/server.key" "$work/server.crt" "$directory"
}

if [ $# -lt 2 ] || [[ $1 = -* ]]; then
    sed -n '2,8s/^# \{0,1\}//p' "$0" >&2
    exit 2
fi
command -v openssl >/dev/null || fail "openssl is missing: apt-get install openssl"

directory=$1
shift
names=$(list_names "$@" | paste -sd ,)
mkdir -p "$directory"
umask 077
[ -e "$directory/ca.key" ] || [ ! -e "$directory/ca.crt" ] \
    || fail "$directory has ca.crt without ca.key: bring it back, or take ca.crt away and change every device"
[ -e "$directory/ca.key" ] || make_authority "$directory"
make_server "$directory" "$names"
chmod 644 "$directory/ca.crt" "$directory/server.crt"
echo "$directory/server.crt is good for $names until $(openssl x509 -in "$directory/server.crt" -noout -enddate | cut -d= -f2)"
echo "Put $directory/ca.crt into every device, and $directory/ca.key somewhere safe."
