#!/usr/bin/env bash
# Writes docker-compose.pinned.yml, in which each image of others has the digest that its name has now. Needs Docker.
# Use: docker-compose --file docker-compose.yml --file docker-compose.pinned.yml up --detach
set -euo pipefail
cd "$(dirname "$0")/.."

pinned=$(mktemp)
trap 'rm -f "$pinned"' EXIT
echo "services:" >"$pinned"
# The service's name is the last line with two blanks before its image.
awk '/^  [a-z]+:$/ {service = $1} /^    image: / {print service, $2}' docker-compose.yml | while read -r service image; do
    docker pull --quiet "$image" >/dev/null
    digest=$(docker image inspect --format '{{index .RepoDigests 0}}' "$image")
    case $digest in
    *@sha256:*) printf '  %s\n    image: %s\n' "$service" "$digest" >>"$pinned" ;;
    *) echo "$image has no digest: is it from a registry?" >&2 && exit 1 ;;
    esac
done
mv "$pinned" docker-compose.pinned.yml
trap - EXIT
echo "docker-compose.pinned.yml holds $(grep -c image: docker-compose.pinned.yml) images by their digests"
