"""The fake upstream for the demo, the tests and the benchmark (`docs/protocol.md` 7.1).

It reads and writes the generated messages by its own understanding of the tables: the gateway's mapping code is what
it is there to check, so none of that is imported. What a chat is answered is scripted, see `script`.
"""

from cli.simulator.app import create_simulator
from cli.simulator.options import Options

__all__ = ["Options", "create_simulator"]
