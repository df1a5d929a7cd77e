"""Results as files: lines that succeeded in one, those that did not in another beside it."""

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final, NamedTuple

import orjson

from cli.problems import SetupError

#: What the file of the lines that failed is called: the output's name and this.
ERRORS: Final = ".errors"
#: What files are called until they are whole.
PART: Final = ".part"


class Written(NamedTuple):
    """How many lines succeeded, and why the others did not."""

    good: int
    bad: Counter[str]

    @property
    def lines(self) -> int:
        """All of them."""
        return self.good + self.bad.total()


class Outputs:
    """The two files of a batch's results; they are there when they are whole, and not before.

    Args:
        path: of what succeeded.
        force: whether they may replace others.
        source: what they must not replace.

    Raises:
        SetupError: they may not, or cannot be made there.
    """

    def __init__(self, path: Path, *, force: bool = False, source: Path | None = None) -> None:
        self.good = path
        self.bad = path.with_name(path.name + ERRORS)
        if not path.parent.is_dir():
            raise SetupError(f"{path.parent}: there is no such folder")
        for each in (self.good, self.bad):
            if each.exists() and not each.is_file():
                raise SetupError(f"{each}: it is no file")
            if source is not None and each.exists() and each.samefile(source):
                raise SetupError(f"{each}: it is the input")
            if each.exists() and not force:
                raise SetupError(f"{each}: it is there already; --force replaces it")

    def write(self, contents: Iterable[Iterator[bytes]]) -> Written:
        """Write the lines of some contents. Where none failed, no file of those that did is made, or left.

        Raises:
            SetupError: they cannot be written, or a line is no result.
        """
        parts = [path.with_name(path.name + PART) for path in (self.good, self.bad)]
        good, bad = 0, Counter[str]()
        try:
            with ExitStack() as stack:
                to_good, to_bad = [stack.enter_context(part.open("wb")) for part in parts]
                for line in (line for content in contents for line in lines_of(content)):
                    if (why := failure_of(line)) is None:
                        good += 1
                    else:
                        bad[why] += 1
                    (to_good if why is None else to_bad).write(line + b"\n")
            parts[0].replace(self.good)
            if bad:
                parts[1].replace(self.bad)
            else:
                self.bad.unlink(missing_ok=True)
        except OSError as error:
            raise SetupError(f"{error.filename or self.good}: {error.strerror or error}") from error
        finally:
            for part in parts:
                part.unlink(missing_ok=True)
        return Written(good, bad)


def lines_of(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The lines of a content that comes in pieces, without their ends."""
    held = bytearray()
    for piece in pieces:
        *whole, rest = piece.split(b"\n")
        for line in whole:
            yield bytes(held) + line
            held.clear()
        held += rest
    if held:
        yield bytes(held)


def failure_of(line: bytes) -> str | None:
    """Why the line of a result did not succeed, in a word or two of its vendor's; None if it did.

    Raises:
        SetupError: it is no result.
    """
    try:
        told: dict[str, Any] = orjson.loads(line)
        return _openai_failure(told) if "response" in told else _anthropic_failure(told["result"])
    except (orjson.JSONDecodeError, KeyError, TypeError) as error:
        raise SetupError("the gateway sent a line that is no result of a batch") from error


def _openai_failure(told: dict[str, Any]) -> str | None:
    if told["error"]:
        return str(told["error"]["code"])
    response = told["response"]
    if response["status_code"] == 200:
        return None
    error = response["body"]["error"]
    return f"{response['status_code']} {error.get('code') or error['type']}"


def _anthropic_failure(result: dict[str, Any]) -> str | None:
    if result["type"] == "errored":
        return str(result["error"]["error"]["type"])
    return None if result["type"] == "succeeded" else str(result["type"])
