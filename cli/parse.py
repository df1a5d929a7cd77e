"""`parse`: what saved upstream responses say."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import msgspec
from rich.console import Console

from cli.files import read_given
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
    path = Path(source)
    if source == "-" or not path.is_dir():
        yield source, read_given(source)
        return
    files = sorted(path.glob(f"*{SUFFIX}"))
    if not files:
        raise SetupError(f"{source}: no {SUFFIX} file is in this folder")
    for file in files:
        yield str(file), read_given(str(file))


def _json(name: str, report: StreamReport, *, one_line: bool) -> str:
    view: dict[str, Any] = {"file": name, **msgspec.to_builtins(report)}
    if report.packets is None:
        del view["packets"]
    text = msgspec.json.encode(view)
    return (text if one_line else msgspec.json.format(text, indent=2)).decode()
