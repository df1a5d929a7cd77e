"""`warp2api up` and `demo` with every real child: ready, killed one by one, one Ctrl-C, killed as a whole."""

import http.client
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from bench.processes import free_port
from cli.chat import run_chat
from tests.e2e.test_supervisor import ROOT, until

#: What each child runs, after `python -m cli.main`; Valkey is known by its name.
COMMANDS = {
    "valkey": None,
    "api": ["api"],
    "bridge": ["bridge"],
    "worker": ["worker", "interactive"],
    "worker-batch": ["worker", "batch"],
    "keeper": ["keeper"],
}


def runs(process: psutil.Process) -> bool:
    """Whether it has not ended; how soon an orphan's end is noted by the machine's first process is not ours to say."""
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


class Up:
    def __init__(self, folder: Path, command: str = "up") -> None:
        self.port, self.bridge, self.flower = free_port(), free_port(), free_port()
        self.log = folder / "up.log"
        clean = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG")}
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "cli.main", command],
                cwd=folder,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={
                    **clean,
                    "PYTHONPATH": str(ROOT),
                    "WARP2API_HOME": str(folder / "home"),
                    "WARP_BASE_URL": f"http://127.0.0.1:{free_port()}",
                    "WARP_API_KEY": "wk-a,wk-b",
                    "PORT": str(self.port),
                    "BRIDGE_PORT": str(self.bridge),
                    "FLOWER_PORT": str(self.flower),
                },
            )
        self.seen: set[psutil.Process] = set()

    @property
    def output(self) -> str:
        return self.log.read_text()

    def child(self, name: str) -> psutil.Process | None:
        for child in psutil.Process(self.process.pid).children():
            try:
                line = child.cmdline()
            except psutil.Error:
                continue
            self.seen.add(child)
            if line[3:] == COMMANDS[name] or (name == "valkey" and child.name() == "valkey-server"):
                return child
        return None

    def niceness(self, name: str) -> int:
        """How far a child stands back from all others; each has a session of its own, which counts where Linux says."""
        child = self.child(name)
        assert child is not None
        session = Path(f"/proc/{child.pid}/autogroup")
        return int(session.read_text().split()[-1]) if session.exists() else child.nice()

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        for process in self.seen:
            with suppress(psutil.NoSuchProcess):
                process.kill()

    def ready(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=2)
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == http.client.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()


@pytest.fixture
def up(tmp_path: Path) -> Iterator[Up]:
    running = Up(tmp_path)
    try:
        until(lambda: "warp2api: ready." in running.output, f"ready in {running.log}", 40)
        assert all(running.child(name) for name in COMMANDS)
        yield running
    finally:
        running.close()


@pytest.mark.timeout(120)
def test_killing_any_child_is_survived_and_reported_and_one_ctrl_c_stops_all(up: Up) -> None:
    for name in COMMANDS:
        victim = up.child(name)
        assert victim is not None
        victim.kill()
        until(lambda victim=victim, name=name: up.child(name) not in (None, victim), f"another {name}")  # type: ignore[misc]
        assert f"\n{name} was killed by SIGKILL" in up.output
        until(up.ready, f"ready again after {name}", 30)

    up.process.send_signal(signal.SIGINT)

    assert up.process.wait(timeout=45) == 0
    assert up.output.endswith("stopped.\n")
    assert "did not stop in time" not in up.output
    assert not [process for process in up.seen if runs(process)]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child of its parent's death")
def test_nothing_is_left_when_up_is_killed(up: Up) -> None:
    up.process.kill()
    up.process.wait()

    until(lambda: not [process for process in up.seen if runs(process)], "all children gone", 45)
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", up.port), timeout=2)


def test_the_demo_answers_and_reads_no_env_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / ".env").write_text("REDIS_URL=redis://127.0.0.1:1/0\nAPI_TOKENS=the-operators\nMODELS=none\n")
    demo = Up(tmp_path, "demo")
    try:
        until(lambda: "the demo is ready" in demo.output, f"ready in {demo.log}", 40)

        assert all(demo.child(name) for name in COMMANDS)
        until(lambda: demo.niceness("worker-batch") == demo.niceness("worker") + 5, "a batch worker that stands back")
        assert run_chat("are you there?", f"http://127.0.0.1:{demo.port}", "any", "auto", None) == 0
        assert "are you there?" in capsys.readouterr().out
        demo.process.send_signal(signal.SIGINT)
        assert demo.process.wait(timeout=45) == 0
    finally:
        demo.close()
    assert not (tmp_path / "home").exists()
