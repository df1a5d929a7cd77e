"""A process that stands back where there is not CPU enough for all."""

import os
from contextlib import suppress
from pathlib import Path
from typing import Final

_SESSION: Final = Path("/proc/self/autogroup")


def stand_back(niceness: int) -> None:
    """Give this process so much less of a CPU that others want (nice levels, as in nice(1)).

    Linux shares the CPU among sessions first and among the processes of one only then (sched(7), autogroup), and `up`
    gives each of its children a session of its own: there the niceness of a process alone would change nothing. In a
    service of systemd or a container both count for nothing; the weight of the whole does.
    """
    os.nice(niceness)
    if os.getsid(0) == os.getpid():  # nobody else's session
        with suppress(OSError):  # another system, or one that has no autogroups
            _SESSION.write_text(str(niceness))
