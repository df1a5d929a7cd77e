"""Pictures and documents in requests: base64 in any spelling, of the type that their bytes show, bounded in size."""

import binascii
from typing import Final

from proto.conversation import DocumentPart, ImagePart
from proto.dialects.common import quoted, refusal, unsupported

#: Bytes of one picture, decoded.
MAX_IMAGE: Final = 5 * 1024 * 1024
#: The name of a document that came without one.
UNTITLED: Final = "document"

_IMAGE_TYPES = ("image/png", "image/jpeg", "image/gif", "image/webp")
_URL_ALPHABET = str.maketrans("-_", "+/", "=")


def data_url_image(url: str, path: str) -> ImagePart:
    """The image in a data URL.

    Raises:
        BadRequestError: it is a remote URL, not base64, or not an image that models read.
    """
    if not is_data_url(url):
        raise unsupported(path, "this gateway does not fetch remote images; send the image as a base64 data URL")
    media_type, data = _split(url, path)
    return image(media_type, data, path)


def image(media_type: str, data: str, path: str) -> ImagePart:
    """An image whose type is what its bytes say, or what was declared when they say nothing.

    Raises:
        BadRequestError: `data` is not base64, too large, or of a type that models do not read.
    """
    data, decoded = _base64(data, path, "the image")
    if len(decoded) > MAX_IMAGE:
        raise refusal(path, f"the image has more than {MAX_IMAGE} bytes")
    media_type = image_type(decoded) or media_type
    if media_type not in _IMAGE_TYPES:
        raise unsupported(path, f"{quoted(media_type)} is not an image type that is supported")
    return ImagePart(media_type, data)


def image_type(start: bytes) -> str | None:
    """The type of a picture by its first bytes; None if they are none of a picture that models read."""
    if start.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if start.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if start.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    if start[:4] == b"RIFF" and start[8:12] == b"WEBP":
        return "image/webp"
    return None


def text_document(name: str | None, data: str, path: str) -> DocumentPart:
    """A text file in base64 or in a data URL. Whatever type was declared, its bytes decide.

    Raises:
        BadRequestError: not base64, a PDF (the upstream takes text alone), or not UTF-8 text.
    """
    if is_data_url(data):
        _, data = _split(data, path)
    _, decoded = _base64(data, path, "the document")
    if decoded.startswith(b"%PDF-"):
        raise unsupported(path, "PDF documents are not read; send their text, or their pages as images")
    try:
        text = decoded.decode()
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise unsupported(path, "only documents of UTF-8 text are supported")
    return DocumentPart(name or UNTITLED, text)


def is_data_url(url: str) -> bool:
    return url[:5].lower() == "data:"


def _split(url: str, path: str) -> tuple[str, str]:
    """Type and base64 data of a data URL."""
    comma = url.find(",")
    media_type, *options = (word.strip().lower() for word in url[5 : max(comma, 5)].split(";"))
    if "base64" not in options:
        raise refusal(path, "not a base64 data URL")
    return media_type, url[comma + 1 :]


def _base64(data: str, path: str, what: str) -> tuple[str, bytes]:
    """`data` as plain base64, and what it stands for. Line breaks, the URL alphabet and missing padding are mended."""
    decoded = _decoded(data)
    if decoded is None:
        data = "".join(data.split()).translate(_URL_ALPHABET)
        data += "=" * (-len(data) % 4)
        decoded = _decoded(data)
    if not decoded:
        raise refusal(path, f"{what} is not base64 data")
    return data, decoded


def _decoded(data: str) -> bytes | None:
    try:
        return binascii.a2b_base64(data, strict_mode=True)
    except ValueError:  # binascii.Error is one
        return None
