"""Ports that processes are told to listen on before they do."""

import socket
import sys

import pytest

from api.reach import held_port
from cli.listening import LOOPBACK, listens
from tests.listeners import listener


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the port is not kept")
def test_the_port_is_kept_for_the_server_that_is_told_to_take_it() -> None:
    with held_port() as port:
        with socket.socket() as stranger, pytest.raises(OSError, match="in use"):
            stranger.bind((LOOPBACK, port))
        for _start in range(2):
            assert not listens(LOOPBACK, port)
            with socket.create_server((LOOPBACK, port)):
                assert listens(LOOPBACK, port)


def test_a_port_on_which_somebody_listens_is_not_held() -> None:
    with listener() as port, pytest.raises(OSError, match="in use"), held_port(port):
        pass
