"""`parse`: what saved upstream responses say."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import msgspec
from rich.console import Console

from cli.parse_table import show_report
from cli.problems import SetupError
from proto.saved_stream import read_stream
from proto.stream_report import StreamReport, report_of

#: What the files are called that are read from a folder.
SUFFIX: Final = ".sse"


def run_parse(source: str, *, as_json: bool, events: bool) -> int:
    """Print one report for each response; returns 1 if one of them could not be read to its end.

    Args:
        source: a file, `-` for standard input, or a folder of `.sse` files.
        as_json: an object instead of a table; for a folder one on each line.
        events: every event as well, decoded.

    Raises:
        SetupError: there is nothing to read at `source`.
    """
    console = Console(highlight=False, markup=False, width=None if Console().is_terminal else 160)
    many = source != "-" and Path(source).is_dir()
    broken = False
    for name, raw in _responses(source):
        report = report_of(read_stream(raw), packets=events)
        broken = broken or report.broken is not None
        if as_json:
            print(_json(name, report, one_line=many))
        else:
            show_report(console, name, report)
    return 1 if broken else 0


def _responses(source: str) -> Iterator[tuple[str, bytes]]:
    if source == "-":
        yield source, sys.stdin.buffer.read()
        return
    path = Path(source)
    files = sorted(path.glob(f"*{SUFFIX}")) if path.is_dir() else [path]
    if not files:
        raise SetupError(f"{source}: no {SUFFIX} file is in this folder")
    for file in files:
        try:
            yield str(file), file.read_bytes()
        except OSError as error:
            raise SetupError(f"{file}: {error.strerror or error}") from error


def _json(name: str, report: StreamReport, *, one_line: bool) -> str:
    view: dict[str, Any] = {"file": name, **msgspec.to_builtins(report)}
    if report.packets is None:
        del view["packets"]
    text = msgspec.json.encode(view)
    return (text if one_line else msgspec.json.format(text, indent=2)).decode()
