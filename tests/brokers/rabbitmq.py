"""A RabbitMQ of a test's own: Debian's program as a plain process, with node name, ports and folder of its own."""

import os
import signal
import socket
import subprocess
from pathlib import Path
from typing import Final

import trustme

from bench.processes import free_port
from tests.e2e.gateway import wait_for

SERVER: Final = "/usr/lib/rabbitmq/bin/rabbitmq-server"
#: Seconds it may take to start.
PATIENCE: Final = 90.0
LOOPBACK: Final = "127.0.0.1"


class RabbitMQ:
    """One node, started in `__enter__`. Killed and started again, it has what it had confirmed."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.tls_port = free_port()
        self._folder = folder
        self._epmd_port = free_port()
        self._environment = {
            **os.environ,
            "HOME": str(folder),
            "ERL_EPMD_PORT": str(self._epmd_port),
            "ERL_EPMD_ADDRESS": LOOPBACK,
            "RABBITMQ_NODENAME": f"test{self.port}@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": LOOPBACK,
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_DIST_PORT": str(free_port()),
            "RABBITMQ_MNESIA_BASE": str(folder / "data"),
            "RABBITMQ_LOGS": "-",
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"),
            "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq.conf"),
            "RABBITMQ_PID_FILE": str(folder / "pid"),
        }
        self._running: list[subprocess.Popen[bytes]] = []

    @property
    def url(self) -> str:
        return f"amqp://operator:planted%2Fpassword@{LOOPBACK}:{self.port}//"

    @property
    def tls_url(self) -> str:
        """With the host that its certificate names."""
        return f"amqps://operator:planted%2Fpassword@{LOOPBACK}:{self.tls_port}//"

    @property
    def authority(self) -> Path:
        """Of its certificate."""
        return self._folder / "ca.pem"

    @property
    def output(self) -> Path:
        return self._folder / "rabbitmq.log"

    def __enter__(self) -> "RabbitMQ":
        (self._folder / "plugins").write_text("[].")
        (self._folder / "rabbitmq.conf").write_text(
            "default_user = operator\ndefault_pass = planted/password\n"
            f"listeners.ssl.1 = {LOOPBACK}:{self.tls_port}\n"
            f"ssl_options.cacertfile = {self.authority}\n"
            f"ssl_options.certfile = {self._folder}/cert.pem\nssl_options.keyfile = {self._folder}/key.pem\n"
        )
        self._certify()
        self._run("epmd", "-address", LOOPBACK, "-port", str(self._epmd_port))
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        while self._running:
            self._end(self._running.pop())

    def start(self) -> None:
        """Start the node; returns when clients can connect."""
        wait_for(lambda: _listens(self._epmd_port), "epmd", PATIENCE)
        self._run(SERVER)
        wait_for(lambda: _listens(self.port) and _listens(self.tls_port), f"RabbitMQ, see {self.output}", PATIENCE)

    def kill(self) -> None:
        """As kill -9 does."""
        self._end(self._running.pop())

    def _certify(self) -> None:
        authority = trustme.CA()
        authority.cert_pem.write_to_path(str(self.authority))
        issued = authority.issue_cert(LOOPBACK)
        issued.private_key_pem.write_to_path(str(self._folder / "key.pem"))
        issued.cert_chain_pems[0].write_to_path(str(self._folder / "cert.pem"))

    def _run(self, *command: str) -> None:
        with self.output.open("ab") as output:
            process = subprocess.Popen(
                command, env=self._environment, stdout=output, stderr=output, cwd=self._folder, start_new_session=True
            )
        self._running.append(process)

    @staticmethod
    def _end(process: "subprocess.Popen[bytes]") -> None:
        # The server is a child of the script that starts it; a session of its own holds both.
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(PATIENCE)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((LOOPBACK, port)) == 0
