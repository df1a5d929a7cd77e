#!/usr/bin/env bash
# compose.yaml is one that Compose itself accepts. Installs Debian's docker-compose if there is none; never skips.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

compose=()
find_compose() {
  if docker compose version >/dev/null 2>&1; then compose=(docker compose)
  elif command -v docker-compose >/dev/null; then compose=(docker-compose)
  else return 1; fi
}

if ! find_compose; then
  as_root=()
  [ "$(id -u)" = 0 ] || as_root=(sudo -n)
  "${as_root[@]}" apt-get update -qq
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends docker-compose >/dev/null
  find_compose || { echo "compose check: neither 'docker compose' nor docker-compose is there" >&2; exit 1; }
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp compose.yaml Dockerfile "$work"
cp .env.example "$work/.env"
# All of it: parts whose profile is off are not looked at.
(cd "$work" && COMPOSE_PROFILES=demo,observability,rabbitmq "${compose[@]}" -f compose.yaml config -q)
echo "compose check: ${compose[*]} accepts compose.yaml"
