#!/usr/bin/env bash
# Debian's node and npm, for the tests that need them; fails where they cannot be had.
set -euo pipefail
as_root=()
[ "$(id -u)" = 0 ] || as_root=(sudo -n)
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends nodejs npm >/dev/null
