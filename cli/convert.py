"""`convert`: a body of one client API as one of another."""

import sys
from typing import Any

import orjson

from cli.files import read_given
from proto.dialects.converting import convert_answer, convert_request
from proto.errors import BadRequestError


def run_convert(
    source: str, from_: str, to: str, *, response: bool = False, model: str | None = None, as_json: bool = False
) -> int:
    """Print the converted body, and on standard error what it does not carry; returns 1 if it cannot be converted.

    Args:
        source: a file, or `-` for standard input.
        from_: the dialect that it is of.
        to: the dialect that it shall be of.
        response: it is a whole answer, not a request.
        model: the model's name in the result; None leaves it as it is.
        as_json: print one object of `body` and `notes` instead.

    Raises:
        SetupError: there is no such file.
    """
    try:
        body = orjson.loads(read_given(source))
        convert = convert_answer if response else convert_request
        converted = convert(body, from_, to, model)
    except orjson.JSONDecodeError as error:
        return _failed(f"{source}: not JSON: {error}")
    except BadRequestError as error:
        return _failed(f"{source}: {error.message}")
    if as_json:
        _print(converted._asdict())
        return 0
    _print(converted.body)
    for note in converted.notes:
        print(f"warp2api: {note}", file=sys.stderr)
    return 0


def _print(value: dict[str, Any]) -> None:
    print(orjson.dumps(value, option=orjson.OPT_INDENT_2).decode())


def _failed(message: str) -> int:
    print(f"warp2api: {message}", file=sys.stderr)
    return 1
