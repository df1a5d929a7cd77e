"""Remote images, fetched over real sockets: what is put into the request, and whom no client can make us talk to."""

import asyncio
import base64
import gzip
import ssl
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
import trustme

from api import image_fetch
from api.image_fetch import MAX_IMAGES, MAX_REDIRECTS, Address, ImageFetcher
from proto.dialects.media import MAX_IMAGE
from proto.errors import BadRequestError, ErrorCode, GatewayError
from tests.unit.dialects import PNG

PICTURE = base64.b64decode(PNG)


class Site:
    """An HTTP server whose pages are whole responses; it knows the requests it got."""

    def __init__(self) -> None:
        self.pages: dict[str, bytes] = {"/a.png": page(PICTURE)}
        self.seen: list[str] = []
        self.port = 0

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            self.seen.append(head)
            writer.write(self.pages.get(head.split()[1], b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"))
            if "/silent" in head:
                await reader.read()  # until the client leaves
            await writer.drain()
        except ConnectionError:
            pass  # the client has seen enough
        finally:
            writer.close()

    def url(self, path: str = "/a.png", host: str = "127.0.0.1", scheme: str = "http") -> str:
        return f"{scheme}://{host}:{self.port}{path}"


def page(body: bytes, *headers: str, status: str = "200 OK") -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


def redirect(to: str) -> bytes:
    return page(b"", f"Location: {to}", status="302 Found")


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    site = Site()
    async with await asyncio.start_server(site.answer, "127.0.0.1", 0) as server:
        site.port = server.sockets[0].getsockname()[1]
        yield site


@pytest.fixture
async def fetcher() -> AsyncIterator[ImageFetcher]:
    """One that may talk to anybody but 127.0.0.2."""
    fetcher = ImageFetcher(2 * MAX_IMAGE, lambda address: str(address) != "127.0.0.2")
    yield fetcher
    await fetcher.aclose()


def asking(*urls: str) -> dict[str, Any]:
    content = [{"type": "image_url", "image_url": {"url": url}} for url in urls]
    return {"model": "m", "messages": [{"role": "user", "content": content}]}


async def refusal(fetcher: ImageFetcher, *urls: str) -> str:
    with pytest.raises(BadRequestError) as refused:
        await fetcher.inline(asking(*urls))
    assert str(refused.value.param).startswith("messages[0].content[")
    return refused.value.message.partition(": ")[2]


async def test_pictures_take_the_place_of_their_urls(site: Site, fetcher: ImageFetcher) -> None:
    site.pages["/moved"] = redirect("/a.png")
    site.pages["/gif"] = page(b"GIF89a...", "Content-Type: text/html")
    body = asking(site.url(), site.url("/moved", host="localhost"), site.url("/gif"))
    await fetcher.inline(body)
    urls = [part["image_url"]["url"] for part in body["messages"][0]["content"]]
    png = f"data:image/png;base64,{PNG}"
    assert urls == [png, png, "data:image/gif;base64," + base64.b64encode(b"GIF89a...").decode()]
    assert f"Host: localhost:{site.port}" in "".join(site.seen)
    assert not any(name in head.lower() for head in site.seen for name in ("authorization", "cookie", "referer"))


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "0.0.0.0", "2130706433"])
async def test_by_default_the_own_network_is_never_talked_to(site: Site, host: str) -> None:
    fetcher = ImageFetcher(MAX_IMAGE)
    assert await refusal(fetcher, site.url(host=host)) == (
        "the image could not be fetched: its address is not a public one"
    )
    await fetcher.aclose()
    assert site.seen == []


async def test_a_redirect_leads_to_no_forbidden_address(site: Site, fetcher: ImageFetcher) -> None:
    site.pages["/moved"] = redirect(site.url(host="127.0.0.2"))
    assert "not a public one" in await refusal(fetcher, site.url("/moved"))
    site.pages["/moved"] = redirect("file:///etc/passwd")
    assert "the connection failed" in await refusal(fetcher, site.url("/moved"))
    assert len(site.seen) == 2


async def test_a_name_is_looked_up_once_and_all_its_addresses_count(
    site: Site, fetcher: ImageFetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = [["127.0.0.1"], ["127.0.0.2"], ["127.0.0.1", "127.0.0.2"]]
    asked = []

    async def look_up(host: str, port: int, **_: Any) -> list[Any]:
        asked.append(host)
        return [(None, None, None, "", (address, port)) for address in answers.pop(0)]

    loop = asyncio.get_running_loop()
    real = loop.getaddrinfo

    def by_name(host: str, port: int, **options: Any) -> Any:
        return look_up(host, port) if host == "rebinding.example" else real(host, port, **options)

    monkeypatch.setattr(loop, "getaddrinfo", by_name)
    await fetcher.inline(asking(site.url(host="rebinding.example")))
    assert asked == ["rebinding.example"]
    for _ in range(2):
        assert "not a public one" in await refusal(fetcher, site.url(host="rebinding.example"))
    assert len(site.seen) == 1


@pytest.mark.parametrize(
    ("response", "why"),
    [
        (page(b"<html>"), "what is there is no PNG, JPEG, GIF or WebP image"),
        (page(gzip.compress(PICTURE), "Content-Encoding: gzip"), "what is there is no PNG"),
        (page(b""), "what is there is no PNG"),
        (page(PICTURE, status="403 Forbidden"), "its server answered 403"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n" + PICTURE, "the connection failed"),
        (b"what?\r\n\r\n", "the connection failed"),
        (redirect("/odd"), f"it was redirected more than {MAX_REDIRECTS} times"),
        (page(PICTURE + bytes(MAX_IMAGE)), f"the image has more than {MAX_IMAGE} bytes"),
    ],
    ids=range(8),
)
async def test_what_is_not_taken(site: Site, fetcher: ImageFetcher, response: bytes, why: str) -> None:
    site.pages["/odd"] = response
    assert why in await refusal(fetcher, site.url("/odd"))


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://user:secret@127.0.0.1/a.png", "a URL with a user name is not fetched"),
        ("http://no-such-host.invalid/a.png", "the connection failed"),
        ("http://127.0.0.1:1/a.png", "the connection failed"),
        ("http://127.0.0.1:99999/a.png", "there is no such port"),
        ("http:///a.png", "the connection failed"),
        ("https://[::1/a.png", "the connection failed"),
        (f"http://{'a' * 300}.example/", "the connection failed"),
    ],
)
async def test_urls_that_lead_nowhere(fetcher: ImageFetcher, url: str, why: str) -> None:
    assert why in await refusal(fetcher, url)


async def test_a_picture_that_does_not_come_is_not_waited_for(
    site: Site, fetcher: ImageFetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(image_fetch, "TIMEOUT", 0.2)
    site.pages["/silent"] = b"HTTP/1.1 200 OK\r\n"
    assert "it took too long" in await refusal(fetcher, site.url("/silent"))


async def test_pictures_are_bounded_in_number_and_together(site: Site, fetcher: ImageFetcher) -> None:
    assert await refusal(fetcher, *[site.url()] * (MAX_IMAGES + 1)) == f"a request may have {MAX_IMAGES} remote images"
    site.pages["/large"] = page(PICTURE + bytes(MAX_IMAGE - len(PICTURE)))
    await fetcher.inline(asking(*[site.url("/large")] * 2))
    with pytest.raises(GatewayError) as refused:
        await fetcher.inline(asking(*[site.url("/large")] * 2, site.url()))
    assert refused.value.code is ErrorCode.REQUEST_TOO_LARGE


async def test_nothing_is_kept_from_one_request_to_the_next(site: Site, fetcher: ImageFetcher) -> None:
    site.pages["/a.png"] = page(PICTURE, "Set-Cookie: a=b; Path=/")
    for _ in range(2):
        await fetcher.inline(asking(site.url()))
    assert "cookie" not in "".join(site.seen).lower()


@pytest.mark.parametrize(("name", "trusted"), [("localhost", True), ("elsewhere.example", False)])
async def test_certificates_are_those_of_the_name_that_was_asked_for(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, trusted: bool
) -> None:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    permits: Callable[[Address], bool] = lambda _: True  # noqa: E731
    fetcher = ImageFetcher(MAX_IMAGE, permits)
    async with await asyncio.start_server(site.answer, "127.0.0.1", 0, ssl=context) as server:
        site.port = server.sockets[0].getsockname()[1]
        url = site.url(host="localhost", scheme="https")
        if trusted:
            await fetcher.inline(asking(url))
        else:
            assert "the connection failed" in await refusal(fetcher, url)
    await fetcher.aclose()
