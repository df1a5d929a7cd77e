"""What is measured: a simulator, and a gateway of chosen processes against it."""

import os
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from bench.processes import Measured, child, free_port, valkey, wait_until_answers


@contextmanager
def workplace(*, http2: bool = False) -> Iterator[tuple[dict[str, str], int]]:
    """A simulator, and an environment that reads none of the operator's settings.

    With `http2` it speaks HTTP/2 over TLS as the upstream does, for which the development dependencies are needed.
    """
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        ca_file = Path(folder, "ca.pem") if http2 else None
        url = f"{'https' if http2 else 'http'}://127.0.0.1:{port}"
        environment = {
            "WARP_BASE_URL": url,
            **({"SSL_CERT_FILE": str(ca_file)} if http2 else {}),
            "WARP_API_KEY": "wk-bench",
            "WARP_REFRESH_TOKEN": "",
            "WARP_JWT": "",
            "POOL_SERVICE_BASE_URL": "",
            "CLOUDFLARE_API_TOKEN": "",
            "CLOUDFLARE_BROKER_URL": "",
            "WARP_ANONYMOUS": "0",
            "API_TOKENS": "",
            "WARP2API_HOME": folder,
            "PYTHONPATH": os.pathsep.join(sys.path),
            "PWD": folder,
        }
        options = _certificate(Path(folder), ca_file) if ca_file else []
        with child("simulator", ["-m", "cli.simulator", "--port", str(port), *options], environment):
            wait_until_answers(f"{url}/_sim/state", ca_file=ca_file)
            yield environment, port


def _certificate(folder: Path, ca_file: Path) -> list[str]:
    """Make a certificate and its authority's; returns the simulator's options for it."""
    import trustme

    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(ca_file))
    issued = authority.issue_cert("127.0.0.1")
    certificate, key = folder / "cert.pem", folder / "key.pem"
    certificate.write_bytes(b"".join(pem.bytes() for pem in issued.cert_chain_pems))
    issued.private_key_pem.write_to_path(str(key))
    return ["--cert", str(certificate), "--key", str(key)]


@contextmanager
def run_gateway(environment: Mapping[str, str], *roles: str) -> Iterator[tuple[int, list[Measured]]]:
    """A Valkey and a process for each of these commands, ready; yields the front door's port and the processes."""
    port = free_port()
    with ExitStack() as stack:
        store, url = stack.enter_context(valkey())
        settings = {**environment, "REDIS_URL": url, "BROKER_URL": "", "HOST": "127.0.0.1", "PORT": str(port)}
        processes = [
            store, *[stack.enter_context(child(role, ["-m", "cli.main", *role.split()], settings)) for role in roles]
        ]  # fmt: skip
        wait_until_answers(f"http://127.0.0.1:{port}/readyz")
        yield port, processes
