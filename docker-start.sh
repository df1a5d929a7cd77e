#!/usr/bin/env bash
# The gateway in containers: makes the secrets it needs, then drives Compose. `./docker-start.sh help`.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

readonly PARTS="api worker worker-batch"

usage() {
  cat <<'TEXT'
./docker-start.sh start [OPTION...]   build what is missing and start
./docker-start.sh stop                  stop; running answers may end first, nothing that was accepted is lost
./docker-start.sh restart               stop, and start in the background
./docker-start.sh status                what runs, and whether the gateway is ready
./docker-start.sh logs [-f] [PART...]   what the parts say; -f: go on
./docker-start.sh scale PART=N...       how many of: api, worker, worker-batch; remembered
./docker-start.sh update                fetch the newest version, build, restart what changed

Options of start; all but -d are remembered until `stop`:
  -d               in the background
  --demo           answers come from the bundled simulator; no credentials are needed, and none are used
  --observability  Prometheus and Grafana too, with the alerts and the dashboard of docs/ops
  --rabbitmq       the queue is in RabbitMQ and not in Valkey

Settings: .env (see .env.example). Secrets: one file each in secrets/.
TEXT
}

fail() { echo "docker-start: $*" >&2; exit 1; }
say() { echo "docker-start: $*"; }

find_compose() {
  command -v docker >/dev/null || command -v docker-compose >/dev/null \
    || fail "Docker is not installed: https://docs.docker.com/engine/install/"
  if docker compose version >/dev/null 2>&1; then compose=(docker compose)
  elif command -v docker-compose >/dev/null; then compose=(docker-compose)
  else fail "neither 'docker compose' nor docker-compose is there: https://docs.docker.com/compose/install/"; fi
  if command -v docker >/dev/null; then
    docker info >/dev/null 2>&1 || fail "the Docker daemon does not answer: is it running, and may you use it?"
  fi
}

has_profile() { [[ ",${COMPOSE_PROFILES-}," == *",$1,"* ]]; }

# The demo is a deployment of its own: its secrets and data are no one else's.
add_profile() {
  has_profile "$1" || export COMPOSE_PROFILES="${COMPOSE_PROFILES:+$COMPOSE_PROFILES,}$1"
  case $1 in
    demo) export COMPOSE_PROJECT_NAME=warp2api-demo SECRETS=./secrets/demo WARP_BASE_URL=http://simulator:8100 ;;
    rabbitmq) export BROKER_URL_SECRET=rabbitmq_url ;;
  esac
}

# `start` decides which containers there are, and until `stop` the other commands mean the same.
choose_deployment() {
  export COMPOSE_PROJECT_NAME="${COMPOSE_PROJECT_NAME:-warp2api}" SECRETS=./secrets
  local profile
  if [ -e .profiles ]; then
    while IFS= read -r profile; do add_profile "$profile"; done <.profiles
  fi
}

random() { head -c 24 /dev/urandom | base64 | tr '+/' '-_'; }

# The folder is yours alone; the files in it are mounted into containers, whose user is not you, and so are readable.
make_secrets() {
  local password
  (umask 077 && mkdir -p "$SECRETS")
  if [ ! -e "$SECRETS/redis_url" ] || [ ! -e "$SECRETS/valkey.conf" ]; then
    password=$(random)
    echo "redis://:$password@valkey:6379/0" >"$SECRETS/redis_url"
    echo "requirepass $password" >"$SECRETS/valkey.conf"
  fi
  if [ ! -e "$SECRETS/api_tokens" ]; then
    echo "sk-$(random)" >"$SECRETS/api_tokens"
    say "made a client key: $SECRETS/api_tokens"
  fi
  if [ ! -e "$SECRETS/flower_basic_auth" ]; then echo "operator:$(random)" >"$SECRETS/flower_basic_auth"; fi
  # Also without Prometheus: front doors read their keys once, and would not know one that is made later.
  if [ ! -e "$SECRETS/metrics_key" ]; then echo "sk-$(random)" >"$SECRETS/metrics_key"; fi
  # Also without Grafana: docker-compose warns of each secret that is not there.
  if [ ! -e "$SECRETS/grafana_password" ]; then random >"$SECRETS/grafana_password"; fi
  # An empty one is as none.
  touch "$SECRETS"/{warp_api_key,broker_url}
  if has_profile rabbitmq && { [ ! -e "$SECRETS/rabbitmq_url" ] || [ ! -e "$SECRETS/rabbitmq.conf" ]; }; then
    password=$(random)
    echo "amqp://warp2api:$password@rabbitmq:5672/" >"$SECRETS/rabbitmq_url"
    printf 'default_user = warp2api\ndefault_pass = %s\n' "$password" >"$SECRETS/rabbitmq.conf"
  fi
  find "$SECRETS" -maxdepth 1 -type f -exec chmod 644 {} +
  [ -e .env ] || : >.env
}

has_credentials() {
  [ -s "$SECRETS/warp_api_key" ] \
    || grep -qE '^(WARP_REFRESH_TOKEN|WARP_JWT|POOL_SERVICE_BASE_URL|CLOUDFLARE_API_TOKEN)=.' .env
}

scaled() { # the options for `up` that keep what `scale` has set
  scale=()
  local line
  if [ -e .scale ]; then
    while IFS= read -r line; do scale+=(--scale "$line"); done <.scale
  fi
}

up() {
  scaled
  "${compose[@]}" up "$@" ${scale[@]+"${scale[@]}"}
}

addresses() {
  local door=${PUBLISH:-127.0.0.1:8010} bridge=${PUBLISH_BRIDGE:-127.0.0.1:8000} flower=${PUBLISH_FLOWER:-127.0.0.1:5555}
  say "OpenAI http://$door/v1   Anthropic http://$door   monitor http://$bridge   Flower http://$flower"
  say "client key: the first line of $SECRETS/api_tokens   Flower's user and password: $SECRETS/flower_basic_auth"
  if has_profile observability; then
    say "Grafana http://${PUBLISH_GRAFANA:-127.0.0.1:3000}   Prometheus http://${PUBLISH_PROMETHEUS:-127.0.0.1:9090}"
    say "Grafana's user: operator   its password: $SECRETS/grafana_password"
  fi
}

start() {
  local detached=()
  while [ $# -gt 0 ]; do
    case $1 in
      -d) detached=(-d) ;;
      --demo | --observability | --rabbitmq) add_profile "${1#--}" ;;
      *) fail "start: unknown option $1" ;;
    esac
    shift
  done
  make_secrets
  if has_profile demo; then
    echo wk-demo >"$SECRETS/warp_api_key"
  elif ! has_credentials; then
    fail "no credentials: put your Warp API key into $SECRETS/warp_api_key (or others into .env), or try: start --demo"
  fi
  if [ -n "${COMPOSE_PROFILES-}" ]; then tr ',' '\n' <<<"$COMPOSE_PROFILES" >.profiles; fi
  addresses
  up --build ${detached[@]+"${detached[@]}"}
}

stop() {
  "${compose[@]}" down
  rm -f .profiles
}

status() {
  local door=${PUBLISH:-127.0.0.1:8010} answer
  "${compose[@]}" ps
  if ! command -v curl >/dev/null; then say "curl is not installed, so the gateway was not asked"; return; fi
  answer=$(curl --silent --max-time 5 "http://$door/readyz") || fail "the gateway does not answer at http://$door"
  say "readyz: $answer"
}

set_scale() {
  local wish part lines
  [ $# -gt 0 ] || fail "scale: which? For example: scale api=3 worker=4"
  for wish in "$@"; do
    part=${wish%%=*}
    [[ " $PARTS " == *" $part "* && $wish =~ ^[a-z-]+=[1-9][0-9]?$ ]] \
      || fail "scale: $wish is not one of ${PARTS// /=N, }=N with N from 1 to 99"
    lines=$(grep -v "^$part=" .scale 2>/dev/null || true)
    printf '%s\n' ${lines:+"$lines"} "$wish" >.scale
  done
  if [ -e "$SECRETS/redis_url" ]; then up -d --no-recreate; else say "remembered for the first start"; fi
}

update() {
  if git rev-parse --is-inside-work-tree >/dev/null 2>&1; then
    git pull --ff-only || fail "git could not fetch the newest version; your own changes are as they were"
  fi
  "${compose[@]}" build --pull
  make_secrets
  up -d
}

command=${1:-help}
[ $# -eq 0 ] || shift
case $command in
  help | -h | --help) usage; exit 0 ;;
  start | stop | restart | status | logs | scale | update) ;;
  *) usage >&2; fail "unknown command: $command" ;;
esac
find_compose
choose_deployment
case $command in
  start) start "$@" ;;
  stop) stop ;;
  restart) "${compose[@]}" stop; up -d ;;
  status) status ;;
  logs) "${compose[@]}" logs --tail 200 "$@" ;;
  scale) set_scale "$@" ;;
  update) update ;;
esac
