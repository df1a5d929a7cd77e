"""Run by an installed interpreter: imports every module of every room. First argument: the folder they must come from.

Needs nothing but the installation itself.
"""

import importlib
import pkgutil
import sys
from pathlib import Path

#: bench is a developer's tool; the other rooms must run on what the package itself depends on.
ROOMS = ("api", "cli", "proto", "store", "tokens", "workers")


def main(home: Path) -> None:
    imported = 0
    for room in ROOMS:
        package = importlib.import_module(room)
        where = Path(package.__file__ or "").resolve()
        assert where.is_relative_to(home), f"{room} is not ours: {where}"
        for module in pkgutil.walk_packages(package.__path__, f"{room}."):
            if not module.name.endswith("__main__"):
                importlib.import_module(module.name)
                imported += 1
    page = Path(importlib.import_module("api").__file__ or "").parent / "bridge" / "page"
    assert (page / "main.js").exists(), f"the files of the monitor page are not in {page}"
    importlib.import_module("kombu.transport.redis")
    sys.stdout.write(f"{imported} modules of ours import, all from {home}\n")


main(Path(sys.argv[1]).resolve())
