"""Flower, Celery's task monitor, on the gateway's broker: workers, queues, tasks by job id and how long they ran.

Messages carry a job's id and nothing else, so Flower knows no prompt and no secret (`store/broker.py`).
"""

import logging
import os

from api.auth import refuses_host
from cli.problems import SetupError
from cli.settings import FlowerSettings
from store.broker import create_celery
from store.logs import LogSettings, configure_logging
from store.settings import StoreSettings

#: Seconds after which a worker that is gone is no longer listed.
FORGET_WORKER = 60


def run_flower(host: str | None = None, port: int | None = None) -> None:
    """Serve until SIGTERM.

    Raises:
        SetupError: the host would let in anybody.
    """
    configure_logging(LogSettings())
    settings = FlowerSettings()
    changes = {"flower_host": host, "flower_port": port}
    settings = settings.model_copy(update={name: value for name, value in changes.items() if value is not None})
    check_host(settings)
    app = create_celery(StoreSettings())
    app.conf.broker_transport = None  # of the transports that it knows by name it can tell how long the queues are
    # Flower reads these by itself as well, an empty one as a password.
    for name in [name for name in os.environ if name.startswith("FLOWER_")]:
        del os.environ[name]
    # It asks workers as it starts, before they listen, and again whenever somebody opens one's page.
    logging.getLogger("flower.inspector").setLevel(logging.ERROR)
    app.start(["--quiet", "flower", *arguments(settings)])


def check_host(settings: FlowerSettings) -> None:
    """Raises:
    SetupError: Flower would be open to anybody who reaches its port: it can shut workers down.
    """
    locked = bool(settings.flower_basic_auth.get_secret_value())
    if refuses_host(settings.flower_host, has_keys=locked, allow_open=False):
        raise SetupError(
            f"FLOWER_HOST: {settings.flower_host} would let in anybody who reaches port {settings.flower_port}; "
            "set FLOWER_BASIC_AUTH=user:password"
        )


def arguments(settings: FlowerSettings) -> list[str]:
    """Flower's options. Without a password it changes nothing, and keeps its API closed, as is its own rule."""
    password = settings.flower_basic_auth.get_secret_value()
    guard = [f"--basic_auth={password}"] if password else ["--read_only=True"]
    return [
        f"--address={settings.flower_host}",
        f"--port={settings.flower_port}",
        f"--max_tasks={settings.flower_max_tasks}",
        f"--purge_offline_workers={FORGET_WORKER}",
        "--logging=none",  # else it takes the log over
        *guard,
    ]
