"""Pictures and documents: bytes win over declarations, base64 of any spelling is understood, sizes are bounded."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proto.conversation import DocumentPart, ImagePart
from proto.dialects.media import MAX_IMAGE, data_url_image, image, text_document
from proto.errors import BadRequestError, ErrorCode
from tests.unit.dialects import PNG

STARTS = {
    "image/png": b"\x89PNG\r\n\x1a\n",
    "image/jpeg": b"\xff\xd8\xff\xe0",
    "image/gif": b"GIF89a",
    "image/webp": b"RIFF\x10\x00\x00\x00WEBPVP8 ",
}


def plain(data: bytes) -> str:
    return base64.b64encode(data).decode()


@pytest.mark.parametrize("media_type", STARTS)
def test_the_bytes_win_over_the_declared_type(media_type: str) -> None:
    data = plain(STARTS[media_type] + b"rest")
    assert image("image/bmp", data, "p") == ImagePart(media_type, data)
    assert data_url_image(f"data:;base64,{data}", "p") == ImagePart(media_type, data)


def test_what_was_declared_counts_where_the_bytes_say_nothing() -> None:
    assert image("image/png", "AAAA", "p") == ImagePart("image/png", "AAAA")


@given(st.binary(min_size=1, max_size=60), st.integers(1, 20))
def test_line_breaks_the_url_alphabet_and_missing_padding_are_mended(data: bytes, width: int) -> None:
    spelled = base64.urlsafe_b64encode(data).decode().rstrip("=")
    broken = "\r\n".join(spelled[at : at + width] for at in range(0, len(spelled), width))
    assert image("image/png", broken, "p").data == plain(data)


@pytest.mark.parametrize("data", ["", "§", "A", "A===", "====", "\n", "data:image/png"])
def test_what_is_no_base64(data: str) -> None:
    with pytest.raises(BadRequestError, match="the image is not base64 data") as refused:
        image("image/png", data, "p")
    assert refused.value.param == "p"


def test_a_picture_has_a_size_at_most() -> None:
    assert image("image/png", plain(bytes(MAX_IMAGE)), "p").media_type == "image/png"
    with pytest.raises(BadRequestError, match="more than 5242880 bytes"):
        image("image/png", plain(bytes(MAX_IMAGE + 1)), "p")


@pytest.mark.parametrize("url", ["https://example.com/a.png", "file:///etc/passwd", "//host/a", ""])
def test_a_remote_picture_is_refused_and_the_way_out_named(url: str) -> None:
    with pytest.raises(BadRequestError, match="send the image as a base64 data URL") as refused:
        data_url_image(url, "p")
    assert refused.value.code is ErrorCode.UNSUPPORTED_VALUE


@pytest.mark.parametrize("url", ["data:image/png,x", "data:", "data:image/png;base64", "DATA:;charset=utf-8,x"])
def test_other_data_urls(url: str) -> None:
    with pytest.raises(BadRequestError, match="base64"):
        data_url_image(url, "p")


def test_text_documents() -> None:
    assert text_document("T", plain("wörds".encode()), "p") == DocumentPart("T", "wörds")
    assert text_document(None, f"data:application/pdf;base64,{plain(b'words')}", "p") == DocumentPart(
        "document", "words"
    )


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (plain(b"%PDF-1.7 ..."), "PDF documents are not read; send their text, or their pages as images"),
        (f"data:text/plain;base64,{plain(b'%PDF-1.7')}", "PDF documents are not read"),
        (plain(b"\xff\xfe"), "UTF-8 text"),
        (plain(b"a\0b"), "UTF-8 text"),
        (PNG, "UTF-8 text"),
        ("", "the document is not base64 data"),
        ("data:text/plain,words", "not a base64 data URL"),
    ],
)
def test_other_documents_are_refused(data: str, why: str) -> None:
    with pytest.raises(BadRequestError, match=why) as refused:
        text_document(None, data, "p")
    assert refused.value.param == "p"
