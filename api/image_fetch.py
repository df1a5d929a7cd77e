"""Fetching the pictures that clients point to, without being led into the operator's network.

A client chooses the address, so it is checked where it cannot change any more: names are resolved here, and the
connection goes to the very address that was checked, for each hop of a redirect anew.
"""

import asyncio
import base64
import ipaddress
import socket
from collections.abc import Callable
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any, Final, TypeAlias

import httpx
import structlog

from proto.dialects.common import refusal
from proto.dialects.media import MAX_IMAGE, image_type
from proto.dialects.remote_images import RemoteImage, remote_images
from proto.errors import BadRequestError, ErrorCode, GatewayError

log = structlog.get_logger()

#: Pictures of one request, and of all requests at the same time.
MAX_IMAGES: Final = 16
MAX_FETCHES: Final = 16
MAX_REDIRECTS: Final = 3
#: Seconds one picture may take, waiting for its turn not included.
TIMEOUT: Final = 10.0

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address

#: Blocks in which an IPv6 address stands for an IPv4 one that is reached through a gateway: 6to4 and NAT64.
_TRANSLATED = (ipaddress.ip_network("2002::/16"), ipaddress.ip_network("64:ff9b::/96"))


def is_public(address: Address) -> bool:
    """Whether anybody on the internet could reach it: not private, loopback, link-local, shared or reserved."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return is_public(address.ipv4_mapped)
        if address.is_site_local or any(address in network for network in _TRANSLATED):
            return False
    return address.is_global and not address.is_multicast


class ForbiddenAddressError(httpx.RequestError):
    """The host has an address that is not to be reached from here."""


class GuardedTransport(httpx.AsyncHTTPTransport):
    """Connects to addresses that `permits` allows, and to no other."""

    def __init__(self, permits: Callable[[Address], bool]) -> None:
        super().__init__(limits=httpx.Limits(max_connections=MAX_FETCHES, max_keepalive_connections=0))
        self._permits = permits

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        host = request.url.host
        checked = httpx.Request(
            request.method,
            request.url.copy_with(host=await self._address(host, request.url.port)),
            headers=request.headers,
            stream=request.stream,
            extensions={**request.extensions, "sni_hostname": host},
        )
        return await super().handle_async_request(checked)

    async def _address(self, host: str, port: int | None) -> str:
        """An address of `host`, all of whose addresses are permitted."""
        try:
            found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise httpx.ConnectError(f"{host} is not known") from error
        addresses = [ipaddress.ip_address(str(address[0])) for *_, address in found]
        if not addresses or not all(self._permits(address) for address in addresses):
            raise ForbiddenAddressError("its address is not a public one")
        return str(addresses[0])


class ImageFetcher:
    """Puts pictures in place of the URLs that point to them.

    Args:
        max_total: bytes that the pictures of one request may have together.
        permits: which addresses may be connected to.
    """

    def __init__(self, max_total: int, permits: Callable[[Address], bool] = is_public) -> None:
        self._max_total = max_total
        self._turns = asyncio.Semaphore(MAX_FETCHES)
        self._client = httpx.AsyncClient(
            transport=GuardedTransport(permits),
            follow_redirects=True,
            max_redirects=MAX_REDIRECTS,
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),  # one client's cookies are not another's
            timeout=TIMEOUT,
            headers={"accept": "image/*", "accept-encoding": "identity", "user-agent": "warp2api"},
        )

    async def aclose(self) -> None:
        await self._client.aclose()

    async def inline(self, body: Any) -> None:
        """Fetch every remote picture of a decoded request into it.

        Raises:
            BadRequestError: one of them cannot be had, with its path.
            GatewayError: REQUEST_TOO_LARGE if together they are larger than a request may be.
        """
        images = remote_images(body)
        if len(images) > MAX_IMAGES:
            raise refusal(images[-1].path, f"a request may have {MAX_IMAGES} remote images")
        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(self._fetch(image)) for image in images]
        except ExceptionGroup as failed:  # `except*` would wrap what it raises on Python 3.11.2, which Debian 12 has
            first = failed.exceptions[0]
            raise first from first.__cause__
        pictures = [task.result() for task in tasks]
        if sum(map(len, pictures)) > self._max_total:
            why = f"The remote images have more than {self._max_total} bytes together."
            raise GatewayError(ErrorCode.REQUEST_TOO_LARGE, why)
        for image, picture in zip(images, pictures, strict=True):
            image.put(image_type(picture) or "", base64.b64encode(picture).decode())

    async def _fetch(self, image: RemoteImage) -> bytes:
        async with self._turns:
            try:
                async with asyncio.timeout(TIMEOUT):
                    return await self._read(image)
            except (TimeoutError, httpx.TimeoutException) as error:
                raise _not_had(image, "it took too long") from error
            except ForbiddenAddressError as error:
                log.warning("image.address_refused", path=image.path)
                raise _not_had(image, str(error)) from error
            except httpx.TooManyRedirects as error:
                raise _not_had(image, f"it was redirected more than {MAX_REDIRECTS} times") from error
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                raise _not_had(image, "the connection failed") from error

    async def _read(self, image: RemoteImage) -> bytes:
        url = httpx.URL(image.url)
        if url.userinfo:
            raise refusal(image.path, "a URL with a user name is not fetched")
        if url.port is not None and not 0 < url.port < 65536:
            raise refusal(image.path, "there is no such port")
        async with self._client.stream("GET", url) as response:
            if response.status_code != httpx.codes.OK:
                raise _not_had(image, f"its server answered {response.status_code}")
            picture = bytearray()
            async for chunk in response.aiter_raw():
                picture += chunk
                if len(picture) > MAX_IMAGE:
                    raise refusal(image.path, f"the image has more than {MAX_IMAGE} bytes")
        if image_type(bytes(picture[:16])) is None:
            raise _not_had(image, "what is there is no PNG, JPEG, GIF or WebP image")
        return bytes(picture)


def _not_had(image: RemoteImage, why: str) -> BadRequestError:
    return refusal(image.path, f"the image could not be fetched: {why}")
