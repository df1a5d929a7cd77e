"""A bucket at a real S3 server on this machine."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from bench.processes import free_port
from tests.e2e.gateway import wait_for

#: Seconds for the server to start: it imports much, a second of CPU that a busy machine may take long to give.
PATIENCE = 90.0


class Bucket:
    """A server with one bucket, which anybody may use who says a key."""

    def __init__(self, port: int) -> None:
        self._url = f"http://127.0.0.1:{port}"

    @property
    def settings(self) -> dict[str, Any]:
        """What `StoreSettings` needs, under its own names."""
        return {
            "files_url": "s3://files/of/mine",
            "aws_endpoint_url": self._url,
            "aws_access_key_id": "any",
            "aws_secret_access_key": "any",
            "aws_region": "us-east-1",
        }

    def empty(self) -> None:
        """Begin anew."""
        httpx.post(f"{self._url}/moto-api/reset").raise_for_status()
        httpx.put(f"{self._url}/files").raise_for_status()

    def answers(self) -> bool:
        """Whether the server is there yet."""
        try:
            return httpx.get(f"{self._url}/moto-api/").is_success
        except httpx.HTTPError:
            return False


@contextmanager
def run_bucket() -> Iterator[Bucket]:
    """Run the server for the length of the block."""
    port = free_port()
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            bucket = Bucket(port)
            wait_for(bucket.answers, "the S3 server", PATIENCE)
            bucket.empty()
            yield bucket
        finally:
            process.kill()
