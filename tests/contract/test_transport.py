"""Both transports against a real HTTP/2 server over TLS. The server says what it saw, so order decides, not a clock."""

import asyncio
import socket
import ssl
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
import trustme
from cryptography.hazmat.primitives import serialization
from pyreqwest.bytes import Bytes
from pyreqwest.exceptions import ReadError

from bench.processes import free_port
from proto.errors import ErrorCode
from proto.warp.response_pb2 import ResponseEvent
from tests.contract.streaming_app import FINISHED, INIT, frame
from tests.contract.streaming_server import Control, Server, running
from workers.errors import UpstreamError
from workers.httpx_transport import HttpxTransport
from workers.settings import UpstreamSettings
from workers.transport import PyreqwestTransport, build_client, unless_cancelled
from workers.upstream import Upstream


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("tls")
    authority = trustme.CA()
    identity = authority.issue_cert("localhost")
    authority.cert_pem.write_to_path(folder / "ca.pem")
    identity.cert_chain_pems[0].write_to_path(folder / "cert.pem")
    key = serialization.load_pem_private_key(identity.private_key_pem.bytes(), None)
    (folder / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    port = free_port()
    tls = ["--ssl-certificate", str(folder / "cert.pem"), "--ssl-keyfile", str(folder / "key.pem")]
    with running(port, *tls):
        yield Server(port, folder / "ca.pem")


@pytest.fixture
async def control(server: Server) -> AsyncIterator[Control]:
    control = Control(server)
    yield control
    await control.aclose()


@pytest.fixture
def key() -> str:
    return uuid.uuid4().hex


@pytest.fixture(params=["pyreqwest", "httpx"])
def transport(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


def settings_for(transport: str, **changes: Any) -> UpstreamSettings:
    return UpstreamSettings.model_validate(
        {"warp_transport": transport, "upstream_connect_timeout": 5, "upstream_idle_timeout": 20, **changes}
    )


@pytest.fixture
async def client(server: Server, transport: str) -> AsyncIterator[httpx.AsyncClient]:
    async with build_client(settings_for(transport), ca_file=server.ca_file) as client:
        yield client


@pytest.fixture
def quick(server: Server, transport: str) -> httpx.AsyncClient:
    """A client that soon loses patience."""
    return build_client(settings_for(transport, upstream_idle_timeout=0.3), ca_file=server.ca_file)


async def read(client: httpx.AsyncClient, url: str) -> list[bytes]:
    async with client.stream("POST", url, content=b"x") as response:
        return [chunk async for chunk in response.aiter_raw()]


class TestStreams:
    async def test_the_first_event_arrives_while_the_rest_is_held(
        self, server: Server, client: httpx.AsyncClient, control: Control, key: str
    ) -> None:
        async with client.stream("POST", f"{server.url}/hold/{key}", content=b"x") as response:
            chunks = response.aiter_raw()
            assert await anext(chunks) == frame(INIT)
            await control.open(key)
            assert b"".join([chunk async for chunk in chunks]) == frame(FINISHED)
        assert response.http_version == "HTTP/2"

    async def test_more_streams_than_a_connection_takes_are_open_at_once(
        self, server: Server, client: httpx.AsyncClient, control: Control, key: str
    ) -> None:
        streams = [asyncio.create_task(read(client, f"{server.url}/hold/{key}")) for _ in range(300)]
        assert (await control.wait(key, "open", 300))["peak"] == 300
        await control.open(key)
        whole = frame(INIT) + frame(FINISHED)
        assert [b"".join(chunks) for chunks in await asyncio.gather(*streams)] == [whole] * 300

    async def test_leaving_early_resets_the_stream_at_once(
        self, server: Server, client: httpx.AsyncClient, control: Control, key: str
    ) -> None:
        async with client.stream("POST", f"{server.url}/hold/{key}", content=b"x") as response:
            await anext(response.aiter_raw())
        assert (await control.wait(key, "closed", 1))["done"] == 0

    async def test_being_cancelled_while_reading_resets_the_stream_at_once(
        self, server: Server, client: httpx.AsyncClient, control: Control, key: str
    ) -> None:
        stream = asyncio.create_task(read(client, f"{server.url}/hold/{key}"))
        await control.wait(key, "open", 1)
        stream.cancel()
        with pytest.raises(asyncio.CancelledError):
            await stream
        await control.wait(key, "closed", 1)

    async def test_a_stream_that_nobody_reads_holds_up_no_other(
        self, server: Server, client: httpx.AsyncClient, control: Control, key: str
    ) -> None:
        unread = [
            await client.send(client.build_request("POST", f"{server.url}/flood/{key}", content=b"x"), stream=True)
            for _ in range(10)
        ]
        for _ in range(50):
            async with client.stream("POST", f"{server.url}/hold/{key}", content=b"x") as response:
                assert await anext(response.aiter_raw()) == frame(INIT)
        for response in unread:
            await response.aclose()
        await control.wait(key, "closed", 60)

    async def test_a_silent_stream_times_out_and_is_reset(
        self, server: Server, quick: httpx.AsyncClient, control: Control, key: str
    ) -> None:
        async with quick:
            with pytest.raises(httpx.ReadTimeout):
                await read(quick, f"{server.url}/hold/{key}")
            await control.wait(key, "closed", 1)

    async def test_silence_before_the_headers_times_out_and_is_reset(
        self, server: Server, quick: httpx.AsyncClient, control: Control, key: str
    ) -> None:
        async with quick:
            with pytest.raises(httpx.ReadTimeout):
                await read(quick, f"{server.url}/mute/{key}")
            await control.wait(key, "closed", 1)

    async def test_a_stream_reset_by_the_server_is_an_error(
        self, server: Server, client: httpx.AsyncClient, key: str
    ) -> None:
        with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
            await read(client, f"{server.url}/break/{key}")


class TestConnections:
    async def test_refused(self, client: httpx.AsyncClient) -> None:
        with pytest.raises(httpx.ConnectError) as caught:
            await client.post(f"https://localhost:{free_port()}/")
        assert caught.value.__cause__ is not None

    async def test_unknown_certificate(self, server: Server, transport: str) -> None:
        async with build_client(settings_for(transport)) as client:
            with pytest.raises(httpx.ConnectError):
                await client.post(f"{server.url}/echo/x")

    async def test_a_server_that_never_shakes_hands(self, transport: str) -> None:
        settings = settings_for(transport, upstream_connect_timeout=0.3)
        with socket.create_server(("127.0.0.1", 0)) as listener:
            async with build_client(settings) as client:
                with pytest.raises(httpx.ConnectTimeout):
                    await client.post(f"https://localhost:{listener.getsockname()[1]}/")

    @pytest.mark.parametrize(
        "answer",
        [
            b"",
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n",
            b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nx",
        ],
        ids=["before the headers", "chunked", "sized"],
    )
    async def test_a_connection_that_breaks_is_not_a_failure_to_connect(
        self, client: httpx.AsyncClient, answer: bytes
    ) -> None:
        async def break_off(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(answer)
            await writer.drain()
            writer.close()

        async with await asyncio.start_server(break_off, "127.0.0.1", 0) as plain:
            port = plain.sockets[0].getsockname()[1]
            with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
                await client.get(f"http://127.0.0.1:{port}/")

    async def test_proxies_of_the_environment(
        self, server: Server, transport: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{free_port()}")
        monkeypatch.setenv("NO_PROXY", "")
        async with build_client(settings_for(transport), ca_file=server.ca_file) as client:
            with pytest.raises(httpx.ConnectError):
                await client.post(f"{server.url}/echo/x")
        monkeypatch.setenv("NO_PROXY", "localhost")
        async with build_client(settings_for(transport), ca_file=server.ca_file) as client:
            assert (await client.post(f"{server.url}/echo/x")).is_success

    async def test_certificates_of_the_environment(
        self, server: Server, transport: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("SSL_CERT_FILE", str(server.ca_file))
        async with build_client(settings_for(transport)) as client:
            assert (await client.post(f"{server.url}/echo/x")).is_success

    async def test_a_certificate_file_without_certificates_is_an_error(self, transport: str, tmp_path: Path) -> None:
        empty = tmp_path / "empty.pem"
        empty.write_text("nothing")
        with pytest.raises(ssl.SSLError):
            build_client(settings_for(transport), ca_file=empty)

    async def test_nothing_of_a_browser(self, server: Server, client: httpx.AsyncClient) -> None:
        await client.post(f"{server.url}/echo/x")
        seen = (await client.post(f"{server.url}/echo/x", content=b"abc", headers={"x-mine": "1"})).json()
        headers = dict(seen["headers"])
        assert seen["version"] == "2"
        assert seen["body"] == 3
        assert headers["x-mine"] == "1"
        assert headers["accept-encoding"] == "identity"
        assert not headers.keys() & {"cookie", "referer", "connection"}


class TestPyreqwest:
    async def test_connections_come_and_go_with_their_streams(self, server: Server, control: Control, key: str) -> None:
        transport = PyreqwestTransport(streams_per_connection=10, ca_file=server.ca_file)
        async with httpx.AsyncClient(transport=transport, timeout=20) as client:
            streams = [asyncio.create_task(read(client, f"{server.url}/hold/{key}")) for _ in range(25)]
            await control.wait(key, "open", 25)
            assert transport.connections == 3
            for stream in streams[5:]:
                stream.cancel()
            await control.wait(key, "closed", 20)
            assert transport.connections == 1
            await control.open(key)
            assert [len(chunks) > 0 for chunks in await asyncio.gather(*streams[:5])] == [True] * 5

    async def test_cancelled_before_the_headers_it_is_reset_when_they_come(
        self, server: Server, control: Control, key: str
    ) -> None:
        transport = PyreqwestTransport(streams_per_connection=1, ca_file=server.ca_file)
        async with httpx.AsyncClient(transport=transport, timeout=20) as client:
            stream = asyncio.create_task(read(client, f"{server.url}/mute/{key}"))
            await control.wait(key, "open", 1)
            stream.cancel()
            with pytest.raises(asyncio.CancelledError):
                await stream
            assert (await client.post(f"{server.url}/echo/x")).is_success
            assert transport.connections == 2, "the abandoned stream still has its place"
            await control.open(key)
            await control.wait(key, "closed", 1)

    @pytest.mark.parametrize(
        "late", [Bytes(b"x"), None, ReadError("late", {"causes": None})], ids=["chunk", "end", "error"]
    )
    async def test_a_cancellation_that_comes_together_with_something_else_is_not_lost(
        self, late: Bytes | ReadError | None
    ) -> None:
        """pyreqwest's reader then hands out the other thing; stood in for here, because it does so by chance."""
        waiting = asyncio.Event()

        async def read_chunk() -> Bytes | None:
            waiting.set()
            with suppress(asyncio.CancelledError):
                await asyncio.Event().wait()
            if isinstance(late, ReadError):
                raise late
            return late

        reading = asyncio.create_task(unless_cancelled(read_chunk))
        await waiting.wait()
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading

    async def test_http_2_without_tls_when_asked(self) -> None:
        transport = PyreqwestTransport(prior_knowledge=True)
        port = free_port()
        with running(port, "--http", "2"):
            async with httpx.AsyncClient(transport=transport, timeout=20) as client:
                response = await client.post(f"http://127.0.0.1:{port}/echo/x")
        assert response.http_version == "HTTP/2"


class TestHttpx:
    async def test_cancelled_before_the_headers_it_is_reset_at_once(
        self, server: Server, control: Control, key: str
    ) -> None:
        transport = HttpxTransport(ssl.create_default_context(cafile=server.ca_file))
        async with httpx.AsyncClient(transport=transport, timeout=20) as client:
            stream = asyncio.create_task(read(client, f"{server.url}/mute/{key}"))
            await control.wait(key, "open", 1)
            stream.cancel()
            await control.wait(key, "closed", 1)


class TestUpstream:
    def at(self, client: httpx.AsyncClient, base_url: str) -> Upstream:
        return Upstream(client, UpstreamSettings(warp_base_url=base_url))

    async def test_events_as_they_come(
        self, server: Server, client: httpx.AsyncClient, control: Control, key: str
    ) -> None:
        upstream = self.at(client, f"{server.url}/hold/{key}")
        async with upstream.open(b"x", "Bearer t") as answer:
            assert await anext(answer) == [INIT]
            await control.open(key)
            assert [events async for events in answer] == [[FINISHED]]
        await control.wait(key, "done", 1)

    async def test_cancelling_the_reader_resets_the_stream(
        self, server: Server, client: httpx.AsyncClient, control: Control, key: str
    ) -> None:
        async def chat() -> None:
            async with self.at(client, f"{server.url}/hold/{key}").open(b"x", "Bearer t") as answer:
                async for _events in answer:
                    pass

        job = asyncio.create_task(chat())
        await control.wait(key, "open", 1)
        job.cancel()
        await control.wait(key, "closed", 1)

    @pytest.mark.parametrize(
        ("path", "code"),
        [
            ("cut", ErrorCode.UPSTREAM_TRUNCATED),
            ("break", ErrorCode.UPSTREAM_TRUNCATED),
            ("hold", ErrorCode.UPSTREAM_IDLE),
        ],
    )
    async def test_events_before_a_failure_are_not_lost(
        self, server: Server, quick: httpx.AsyncClient, key: str, path: str, code: ErrorCode
    ) -> None:
        events: list[ResponseEvent] = []

        async def collect() -> None:
            async with self.at(quick, f"{server.url}/{path}/{key}").open(b"x", "Bearer t") as answer:
                async for batch in answer:
                    events.extend(batch)

        async with quick:
            with pytest.raises(UpstreamError) as caught:
                await collect()
        assert events == [INIT]
        assert caught.value.code is code

    async def test_a_refusal(self, server: Server, client: httpx.AsyncClient, key: str) -> None:
        with pytest.raises(UpstreamError) as caught:
            async with self.at(client, f"{server.url}/refuse/{key}/401").open(b"x", "Bearer t"):
                pass
        assert (caught.value.code, caught.value.token) == (ErrorCode.UPSTREAM_AUTH, "unauthorized")

    async def test_unreachable(self, client: httpx.AsyncClient) -> None:
        with pytest.raises(UpstreamError) as caught:
            async with self.at(client, f"https://localhost:{free_port()}").open(b"x", "Bearer t"):
                pass
        assert (caught.value.code, caught.value.retryable) == (ErrorCode.UPSTREAM_UNREACHABLE, True)
