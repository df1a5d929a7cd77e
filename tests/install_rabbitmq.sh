#!/usr/bin/env bash
# Debian's RabbitMQ, for the tests that need one; they start it themselves. Fails where it cannot be had.
set -euo pipefail
as_root=()
[ "$(id -u)" = 0 ] || as_root=(sudo -n)
"${as_root[@]}" apt-get update -qq
# In runlevel 1 Debian's scripts start no service.
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 \
  apt-get install -qq -y --no-install-recommends rabbitmq-server >/dev/null
