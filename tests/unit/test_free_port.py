"""Ports that processes under test and under measurement are told to listen on."""

import socket
import sys

import pytest

from bench.processes import free_port
from cli.listening import LOOPBACK, listens

linux = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the port is not kept")


@linux
def test_the_port_is_kept_for_the_server_that_was_told_to_take_it() -> None:
    port = free_port()
    with socket.socket() as stranger, pytest.raises(OSError, match="in use"):
        stranger.bind((LOOPBACK, port))

    for _start in range(2):
        assert not listens(LOOPBACK, port)
        with socket.create_server((LOOPBACK, port)):
            assert listens(LOOPBACK, port)
