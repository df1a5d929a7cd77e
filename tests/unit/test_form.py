"""Forms with one file: whole however the pieces are cut, and refused with a reason when they are not."""

from collections.abc import AsyncIterator

import pytest

from api.form import MAX_FIELDS, Form, open_form
from proto.errors import BadRequestError

TYPE = "multipart/form-data; boundary=XX"


def part(name: str, content: bytes, filename: str | None = None, more: str = "") -> bytes:
    file = f'; filename="{filename}"' if filename is not None else ""
    return f'--XX\r\nContent-Disposition: form-data; name="{name}"{file}\r\n{more}\r\n'.encode() + content + b"\r\n"


END = b"--XX--\r\n"
PURPOSE = part("purpose", b"batch")
FILE = part("file", b'{"a":1}\r\n--X\r\n', "lines.jsonl", "Content-Type: application/octet-stream\r\n")


async def read(body: bytes, size: int = 7) -> tuple[Form, bytes]:
    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(body), size):
            yield body[start : start + size]

    written: list[bytes] = []

    async def write(data: bytes) -> None:
        written.append(data)

    form = open_form(TYPE)
    await form.read(pieces(), write)
    return form, b"".join(written)


@pytest.mark.parametrize("size", [1, 2, 3, 5, 50, 10_000])
@pytest.mark.parametrize("body", [PURPOSE + FILE + END, FILE + PURPOSE + END])
async def test_a_form_is_read_however_it_is_cut(body: bytes, size: int) -> None:
    form, file = await read(body, size)

    assert form.fields == {"purpose": "batch"}
    assert form.filename == "lines.jsonl"
    assert file == b'{"a":1}\r\n--X\r\n'


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "its end is missing"),
        (PURPOSE + FILE, "its end is missing"),
        (b"nothing of the kind", "not a valid form"),
        (FILE + FILE + END, "one file"),
        (part("picture", b"x", "p.png") + END, "one file"),
        (part("purpose", b"x" * MAX_FIELDS) + part("more", b"x") + END, "beside the file"),
        (PURPOSE * 40 + END, "32 parts"),
        (part("file", b"x", "y", "X-Long: " + "x" * 9000 + "\r\n") + END, "not a valid form"),
    ],
)
async def test_what_is_no_good_form_is_refused(body: bytes, words: str) -> None:
    with pytest.raises(BadRequestError, match=words):
        await read(body, 1000)


@pytest.mark.parametrize("kind", [None, "application/json", "multipart/form-data", "multipart/form-data; boundary="])
def test_only_forms_are_read(kind: str | None) -> None:
    with pytest.raises(BadRequestError, match="multipart/form-data"):
        open_form(kind)
