"""What every process that serves does first."""

import os
import signal


def begin_role() -> None:
    """Heed SIGTERM from here on, and find Redis.

    What a role imports takes seconds on a slow machine, and a signal that comes meanwhile would kill it. Nothing is
    open yet, so it just ends, with status 0, until the role's own handler takes over.

    Raises:
        SetupError: there is no Redis to be found.
    """
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    from cli.embedded import resolve_redis_url

    resolve_redis_url()
