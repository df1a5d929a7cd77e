#!/usr/bin/env bash
# The client programs in their locked versions: two Python environments and an npm folder, all below this one.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
python=../../.venv/bin/python

# The tree's own environment does not keep the uv that made it.
if [ ! -x .venv-uv/bin/uv ]; then
  "$python" -m venv .venv-uv
  .venv-uv/bin/python -m pip install --quiet --disable-pip-version-check uv
fi
for group in newest litellm; do
  UV_PROJECT_ENVIRONMENT=.venv-$group .venv-uv/bin/uv sync --python "$python" --frozen --quiet --group "$group"
done

# Not `npm ci`: it wants every platform's package in the registry, also those this machine has no use for.
command -v npm >/dev/null || bash ../install_debian.sh nodejs npm
npm install --no-save --no-fund --no-audit --loglevel=error
