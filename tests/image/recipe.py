"""What the Dockerfile says, done in a folder of one's own: the same commands on the same files, without containers.

Nothing is repeated here that the Dockerfile says: its RUN, COPY and ENV lines are read and followed, with the folders
of the image (`/opt`, `/src`, `/var/lib`) below a folder of this machine. What is left out: the base image, the user,
and a cache that is thrown away.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Final

ROOT: Final = Path(__file__).parents[2]
#: Folders of the image that the Dockerfile names.
_FOLDERS: Final = re.compile(r"(?<![\w./])/(?=(?:opt|src|var/lib)\b)")
#: What this machine's package clients are told by its environment.
_CLIENTS: Final = ("HOME", "PIP_", "UV_", "SSL_", "HTTP", "NO_PROXY", "LANG", "TMPDIR")
_NOT_FOLLOWED: Final = {"UV_NO_CACHE"}


@dataclass(frozen=True)
class Image:
    """What was built: how to start something in it."""

    folder: Path
    environment: dict[str, str]
    working_folder: Path
    entrypoint: list[str]
    command: list[str]

    @property
    def python(self) -> str:
        """The interpreter that the image's `python` is."""
        return self.program("python")

    def program(self, name: str) -> str:
        """A program by its name, as the image's PATH finds it."""
        found = shutil.which(name, path=self.environment["PATH"])
        assert found is not None, f"{name} is not in the image"
        return found

    def files(self) -> dict[str, tuple[int, int]]:
        """Everything in the image's environment, by when it was written last and its size."""
        return {
            str(path): (stat.st_mtime_ns, stat.st_size) for path in self.folder.rglob("*") for stat in [path.lstat()]
        }


def build(root: Path, python: Path) -> Image:
    """Follow the Dockerfile below `root`, with `python` as the base image's python3.

    Raises:
        CalledProcessError: a RUN line failed.
    """
    recipe = Recipe(root)
    first, last = recipe.stages()
    clients = {name: value for name, value in os.environ.items() if name.startswith(_CLIENTS)}
    environment = {**clients, "PATH": f"{python.parent}:/usr/bin:/bin"}
    folder = root
    for word, rest in first:
        match word:
            case "ENV":
                environment |= recipe.variables(rest, environment)
            case "WORKDIR":
                folder = recipe.below(rest)
                folder.mkdir(parents=True)
            case "COPY":
                *sources, target = rest.split()
                assert target == "./" or target == "."
                copy(sources, folder)
            case "RUN":
                subprocess.run(
                    ["bash", "-euo", "pipefail", "-c", recipe.moved(rest)], cwd=folder, env=environment, check=True
                )
    return _image(recipe, last, {"PATH": "/usr/bin:/bin"})


def _image(recipe: "Recipe", lines: list[tuple[str, str]], environment: dict[str, str]) -> Image:
    """The last stage: what it takes from the one before stays where it is, and the rest of that goes."""
    said = {word: rest for word, rest in lines if word not in ("ENV", "RUN")}
    source, target = said["COPY"].removeprefix("--from=build ").split()
    assert source == target, "an environment that is moved does not work"
    kept = recipe.below(target)
    for path in (recipe.below("/src"), *kept.parent.iterdir()):
        if path != kept:
            shutil.rmtree(path)
    for rest in [rest for word, rest in lines if word == "ENV"]:
        environment |= recipe.variables(rest, environment)
    home = recipe.below(said["WORKDIR"])
    home.mkdir(parents=True)
    entrypoint, command = (re.findall(r'"(.+?)"', said[word]) for word in ("ENTRYPOINT", "CMD"))
    return Image(kept, environment, home, entrypoint, command)


def copy(sources: list[str], folder: Path) -> None:
    """Copy what git knows of `sources` and .dockerignore lets through, as it stands now."""
    known = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    first, *rules = (ROOT / ".dockerignore").read_text().splitlines()
    assert first == "*"
    let_through = {rule[1:] for rule in rules if rule.startswith("!")}
    for name in filter(None, known.split("\0")):
        top = name.partition("/")[0]
        if top in let_through and (sources == ["."] or top in sources) and (ROOT / name).exists():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)


class Recipe:
    """The Dockerfile's lines, and its folders below one of this machine."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def stages(self) -> list[list[tuple[str, str]]]:
        """The instructions of each stage, as their first word and the rest."""
        stages: list[list[tuple[str, str]]] = []
        for word, rest in _instructions((ROOT / "Dockerfile").read_text()):
            if word == "FROM":
                stages.append([])
            elif stages:
                stages[-1].append((word, rest))
        return stages

    def below(self, folder: str) -> Path:
        """Where a folder of the image is."""
        return Path(self.moved(folder))

    def moved(self, text: str) -> str:
        """A text that names folders of the image, with where they are."""
        return _FOLDERS.sub(lambda _: f"{self._root}/", text)

    def variables(self, rest: str, environment: dict[str, str]) -> dict[str, str]:
        """What an ENV line sets."""
        given = dict(pair.split("=", 1) for pair in rest.split())
        return {
            name: Template(self.moved(value)).substitute(environment)
            for name, value in given.items()
            if name not in _NOT_FOLLOWED
        }


def _instructions(text: str) -> Iterator[tuple[str, str]]:
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    for line in re.sub(r"\\\n\s*", "", "\n".join(lines)).splitlines():
        word, _, rest = line.partition(" ")
        yield word, rest.strip()
