#!/usr/bin/env bash
# The package as others get it: no dev dependencies, installed and editable, run from a folder that is not the tree.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
root=$PWD
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# What git knows, as it stands now: a file that was forgotten in a commit is missing here too.
mkdir "$work/tree" "$work/elsewhere"
git ls-files -z | while IFS= read -r -d '' file; do [ ! -e "$file" ] || printf '%s\0' "$file"; done \
  | tar --null --files-from=- --create --file=- | tar --extract --file=- --directory="$work/tree"

uv=$root/.venv/bin/uv
if [ ! -x "$uv" ]; then
  "$root/.venv/bin/python" -m venv "$work/uv"
  "$work/uv/bin/python" -m pip install --quiet --disable-pip-version-check uv
  uv=$work/uv/bin/uv
fi

smoke() { # smoke <venv> <folder the rooms must come from>
  cd "$work/elsewhere"
  "$1/bin/warp2api" --version
  "$1/bin/warp2api" --help >/dev/null
  "$1/bin/warp-api" --help >/dev/null
  "$1/bin/warp-server" --help >/dev/null
  "$1/bin/python" - "$2" <<'PYTHON'
import importlib
import pkgutil
import sys
from pathlib import Path

home = Path(sys.argv[1]).resolve()
imported = 0
# bench is a developer's tool; the other rooms must run on what the package itself depends on.
for room in ("api", "cli", "proto", "store", "tokens", "workers"):
    package = importlib.import_module(room)
    where = Path(package.__file__).resolve()
    assert where.is_relative_to(home), f"{room} is not ours: {where}"
    for module in pkgutil.walk_packages(package.__path__, f"{room}."):
        if module.name.endswith("__main__"):
            continue
        importlib.import_module(module.name)
        imported += 1
page = Path(importlib.import_module("api").__file__).parent / "bridge" / "page"
assert (page / "main.js").exists(), f"the files of the monitor page are not in {page}"
importlib.import_module("kombu.transport.redis")
print(f"{imported} modules of ours import, all from {home}")
PYTHON
  cd "$root"
}

echo "install smoke 1: locked, without dev dependencies, not editable (as in the image)"
(cd "$work/tree" && env -u VIRTUAL_ENV UV_PROJECT_ENVIRONMENT="$work/locked" \
  "$uv" sync --frozen --no-dev --no-editable --quiet --python "$root/.venv/bin/python")
smoke "$work/locked" "$work/locked"

echo "install smoke 2: pip install -e, newest dependencies that pyproject.toml allows"
"$root/.venv/bin/python" -m venv "$work/editable"
"$work/editable/bin/python" -m pip install --quiet --disable-pip-version-check -e "$work/tree"
smoke "$work/editable" "$work/tree"
"$work/editable/bin/python" -m pip check
echo "install smoke: passed"
