#!/usr/bin/env bash
# The package as others install it: editable, with the newest dependencies that pyproject.toml allows and none for
# development, run from a folder that is not the tree. What the image has, locked, is tests/image.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
root=$PWD
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# What git knows, as it stands now: a file that was forgotten in a commit is missing here too.
mkdir "$work/tree" "$work/elsewhere"
git ls-files -z | while IFS= read -r -d '' file; do [ ! -e "$file" ] || printf '%s\0' "$file"; done \
  | tar --null --files-from=- --create --file=- | tar --extract --file=- --directory="$work/tree"

"$root/.venv/bin/python" -m venv "$work/editable"
"$work/editable/bin/python" -m pip install --quiet --disable-pip-version-check -e "$work/tree"

cd "$work/elsewhere"
"$work/editable/bin/warp2api" --version
"$work/editable/bin/warp2api" --help >/dev/null
"$work/editable/bin/warp-api" --help >/dev/null
"$work/editable/bin/warp-server" --help >/dev/null
"$work/editable/bin/python" "$root/tests/image/every_module.py" "$work/tree"
"$work/editable/bin/python" -m pip check
echo "install smoke: passed"
