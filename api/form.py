"""Reading a form with one file in it, piece by piece: the file is handed on as it comes, the other fields are kept."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Final

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from proto.errors import BadRequestError

#: Bytes that all fields but the file may have together, and how many there may be.
MAX_FIELDS: Final = 64 * 1024
MAX_PARTS: Final = 32


class Form:
    """A form that is being read: its fields so far, and the name of its file once that has begun."""

    def __init__(self, boundary: bytes) -> None:
        self.fields: dict[str, str] = {}
        self.filename: str | None = None
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._begin_part,
                "on_header_field": self._add_header_name,
                "on_header_value": self._add_header_value,
                "on_header_end": self._end_header,
                "on_headers_finished": self._begin_content,
                "on_part_data": self._add_content,
                "on_part_end": self._end_part,
                "on_end": self._end,
            },
        )
        self._ended = False
        self._parts = 0
        self._kept = 0
        self._header_name = self._header_value = b""
        self._disposition = b""
        self._name = ""
        self._value: bytearray | None = None
        self._file: list[bytes] = []

    async def read(self, pieces: AsyncIterator[bytes], write: Callable[[bytes], Awaitable[None]]) -> None:
        """Read all of the form; `write` gets the file.

        Raises:
            BadRequestError: it is no form, has more than one file, or too much beside it.
            Exception: what `pieces` and `write` raise.
        """
        async for piece in pieces:
            try:
                self._parser.write(piece)
            except FormParserError as error:
                raise BadRequestError(f"The request body is not a valid form: {error}") from error
            if self._file:
                await write(b"".join(self._file))
                self._file.clear()
        if not self._ended:
            raise BadRequestError("The request body is not a whole form: its end is missing.")

    def _begin_part(self) -> None:
        self._parts += 1
        if self._parts > MAX_PARTS:
            raise BadRequestError(f"A form may have {MAX_PARTS} parts.")
        self._disposition = b""

    def _add_header_name(self, data: bytes, start: int, end: int) -> None:
        self._header_name += data[start:end]

    def _add_header_value(self, data: bytes, start: int, end: int) -> None:
        self._header_value += data[start:end]

    def _end_header(self) -> None:
        if self._header_name.lower() == b"content-disposition":
            self._disposition = self._header_value
        self._header_name = self._header_value = b""

    def _begin_content(self) -> None:
        _, options = parse_options_header(self._disposition)
        self._name = _text(options.get(b"name", b""))
        if b"filename" not in options:
            self._value = bytearray()
            return
        if self._name != "file" or self.filename is not None:
            raise BadRequestError("A form may have one file, in the field 'file'.", param=self._name[:64] or None)
        self._value = None
        self.filename = _text(options[b"filename"])

    def _add_content(self, data: bytes, start: int, end: int) -> None:
        if self._value is None:
            self._file.append(data[start:end])
            return
        self._kept += end - start
        if self._kept > MAX_FIELDS:
            raise BadRequestError(f"The fields of a form may have {MAX_FIELDS} bytes beside the file.")
        self._value += data[start:end]

    def _end_part(self) -> None:
        if self._value is not None:
            self.fields[self._name] = _text(bytes(self._value))

    def _end(self) -> None:
        self._ended = True


def open_form(content_type: str | None) -> Form:
    """A form of this Content-Type.

    Raises:
        BadRequestError: it is none.
    """
    kind, options = parse_options_header(content_type)
    if kind != b"multipart/form-data" or not options.get(b"boundary"):
        raise BadRequestError("The Content-Type must be multipart/form-data with a boundary.")
    try:
        return Form(options[b"boundary"])
    except FormParserError as error:
        raise BadRequestError(f"The Content-Type has no good boundary: {error}") from error


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")
