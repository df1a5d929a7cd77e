"""`warp2api chat` against a scripted gateway."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from cli.chat import run_chat
from cli.chat_apis import Api

Answer = tuple[int, dict[str, str], str]


class Gateway:
    """Answers every request with what it was told, and keeps what it was asked."""

    def __init__(self) -> None:
        self.answer: Answer = (200, {}, "")
        self.asked: list[tuple[str, str | None, dict[str, object]]] = []
        gateway = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                gateway.asked.append((self.path, self.headers.get("authorization"), body))
                status, headers, text = gateway.answer
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, *_: object) -> None: ...

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture
def gateway(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> Iterator[Gateway]:
    monkeypatch.chdir(str(tmp_path))
    for name in ("API_TOKENS", "API_TOKEN", "HOST", "PORT"):
        monkeypatch.delenv(name, raising=False)
    scripted = Gateway()
    thread = threading.Thread(target=scripted.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield scripted
    scripted.server.shutdown()
    thread.join()
    scripted.server.server_close()


def stream(*chunks: dict[str, object], done: bool = True) -> Answer:
    frames = [f"data: {json.dumps(chunk)}\n\n" for chunk in chunks]
    return 200, {"content-type": "text/event-stream"}, ": keepalive\n\n" + "".join(frames) + "data: [DONE]\n\n" * done


def delta(**fields: object) -> dict[str, object]:
    return {"choices": [{"index": 0, "delta": fields, "finish_reason": None}]}


END: dict[str, object] = {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}


def test_an_answer_with_reasoning(gateway: Gateway, capsys: pytest.CaptureFixture[str]) -> None:
    gateway.answer = stream(
        delta(role="assistant"), delta(reasoning_content="hm, "), delta(content="Hi [b]"), delta(content=" you"), END
    )

    code = run_chat("hello", gateway.url + "/v1/", "key", "gpt-x", "be brief")

    assert code == 0
    assert capsys.readouterr().out == "hm, \nHi [b] you\n"
    path, authorization, body = gateway.asked[0]
    assert (path, authorization) == ("/v1/chat/completions", "Bearer key")
    assert body == {
        "model": "gpt-x",
        "stream": True,
        "messages": [{"role": "system", "content": "be brief"}, {"role": "user", "content": "hello"}],
    }


def test_responses(gateway: Gateway, capsys: pytest.CaptureFixture[str]) -> None:
    gateway.answer = stream(
        {"type": "response.created", "response": {"status": "in_progress", "error": None}},
        {"type": "response.reasoning_summary_text.delta", "delta": "hm"},
        {"type": "response.output_text.delta", "delta": "Hi"},
        {"type": "response.completed", "response": {"status": "completed", "error": None}},
        done=False,
    )

    assert run_chat("hello", gateway.url, None, "auto", "be brief", Api.RESPONSES) == 0
    assert capsys.readouterr().out == "hm\nHi\n"
    path, _, body = gateway.asked[0]
    assert path == "/v1/responses"
    assert body == {
        "model": "auto",
        "stream": True,
        "input": [{"role": "user", "content": "hello"}],
        "instructions": "be brief",
        "store": False,
    }
    failed = {"type": "response.failed", "response": {"error": {"code": "server_error", "message": "so it is"}}}
    gateway.answer = stream({"type": "response.output_text.delta", "delta": "half"}, failed, done=False)
    assert run_chat("hello", gateway.url, None, "auto", None, Api.RESPONSES) == 1
    shown = capsys.readouterr()
    assert (shown.out, shown.err) == ("half\n", "warp2api: so it is\n")


def test_messages(gateway: Gateway, capsys: pytest.CaptureFixture[str]) -> None:
    gateway.answer = stream(
        {"type": "message_start", "message": {}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "thinking_delta", "thinking": "hm"}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "signature_delta", "signature": "s"}},
        {"type": "content_block_delta", "index": 1, "delta": {"type": "text_delta", "text": "Hi"}},
        {"type": "message_stop"},
        done=False,
    )

    assert run_chat("hello", gateway.url, None, "auto", "be brief", Api.MESSAGES) == 0
    assert capsys.readouterr().out == "hm\nHi\n"
    path, _, body = gateway.asked[0]
    assert path == "/v1/messages"
    assert (body["system"], body["messages"]) == ("be brief", [{"role": "user", "content": "hello"}])
    gateway.answer = stream({"type": "error", "error": {"type": "api_error", "message": "so it is"}}, done=False)
    assert run_chat("hello", gateway.url, None, "auto", None, Api.MESSAGES) == 1
    assert capsys.readouterr().err == "warp2api: so it is\n"


def test_no_answer_moves_the_terminal(gateway: Gateway, capsys: pytest.CaptureFixture[str]) -> None:
    gateway.answer = stream(delta(content="\x1b]0;planted\x07one two\n"), END)
    assert run_chat("hello", gateway.url, None, "auto", None) == 0
    assert capsys.readouterr().out == "\ufffd]0;planted\ufffdone two\n\n"

    gateway.answer = (400, {}, json.dumps({"error": {"message": "no \x1b[2J"}}))
    assert run_chat("hello", gateway.url, None, "auto", None) == 1
    assert "\x1b" not in capsys.readouterr().err


def test_the_key_comes_from_the_settings(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("API_TOKENS", "first,second")
    gateway.answer = stream(delta(content="x"), END)

    assert run_chat("hello", gateway.url, None, "auto", None) == 0
    assert gateway.asked[0][1] == "Bearer first"


def test_a_refusal_is_one_line(gateway: Gateway, capsys: pytest.CaptureFixture[str]) -> None:
    gateway.answer = (401, {}, json.dumps({"error": {"message": "Missing or incorrect API key."}}))

    assert run_chat("hello", gateway.url, None, "auto", None) == 1
    assert capsys.readouterr().err == (
        "warp2api: 401: Missing or incorrect API key. (give one with --key or API_TOKENS)\n"
    )
    assert gateway.asked[0][1] is None


def test_a_busy_gateway_says_when_to_come_back(gateway: Gateway, capsys: pytest.CaptureFixture[str]) -> None:
    gateway.answer = (503, {"retry-after": "7"}, "not json")

    assert run_chat("hello", gateway.url, None, "auto", None) == 1
    assert capsys.readouterr().err == "warp2api: 503: Service Unavailable (try again in 7 s)\n"


def test_an_error_in_the_stream_follows_what_was_said(gateway: Gateway, capsys: pytest.CaptureFixture[str]) -> None:
    gateway.answer = stream(delta(content="half"), {"error": {"message": "The upstream broke off."}}, done=False)

    assert run_chat("hello", gateway.url, None, "auto", None) == 1
    shown = capsys.readouterr()
    assert (shown.out, shown.err) == ("half\n", "warp2api: The upstream broke off.\n")


def test_a_stream_without_an_end_is_not_an_answer(gateway: Gateway, capsys: pytest.CaptureFixture[str]) -> None:
    gateway.answer = stream(delta(content="half"), done=False)

    assert run_chat("hello", gateway.url, None, "auto", None) == 1
    assert "broke off before its end" in capsys.readouterr().err
