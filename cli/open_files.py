"""How many files a process may have open: each stream is one, and what a shell gives by default is soon used up."""

import resource
from typing import Final

#: More than any one process serves.
ENOUGH: Final = 65536


def raise_open_files() -> None:
    """Take as many as the system lets this user have, up to `ENOUGH`."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = ENOUGH if hard == resource.RLIM_INFINITY else min(hard, ENOUGH)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
