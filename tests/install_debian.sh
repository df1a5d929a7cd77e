#!/usr/bin/env bash
# Debian's packages of the given names, for the tests that need them; fails where they cannot be had.
set -euo pipefail
as_root=()
[ "$(id -u)" = 0 ] || as_root=(sudo -n)
"${as_root[@]}" apt-get update -qq
# In runlevel 1 Debian's scripts start no service.
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 \
  apt-get install -qq -y --no-install-recommends "$@" >/dev/null
