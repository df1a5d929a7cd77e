#!/usr/bin/env bash
# The coding agents in their locked versions: one Python environment and an npm folder, both below this one.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

# aider wants a Python before 3.13; pyenv's shims fail where a version is not chosen, so each is tried.
python=
for each in ../../.venv/bin/python python3.12 python3.11 "$HOME"/.pyenv/versions/3.1[12].*/bin/python; do
  if "$each" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 13))' >/dev/null 2>&1; then python=$each; break; fi
done
[ -n "$python" ] || { echo "aider needs Python 3.11 or 3.12, and there is none" >&2; exit 1; }
[ -x .venv-uv/bin/uv ] || { "$python" -m venv .venv-uv; .venv-uv/bin/python -m pip install --quiet --disable-pip-version-check uv; }
UV_PROJECT_ENVIRONMENT=.venv-aider .venv-uv/bin/uv sync --python "$python" --frozen --quiet

# The agents are binaries: no scripts of theirs are run, and the Node they ask for is not needed.
command -v npm >/dev/null || bash ../install_debian.sh nodejs npm
npm install --no-save --no-fund --no-audit --ignore-scripts --engine-strict=false --loglevel=error
