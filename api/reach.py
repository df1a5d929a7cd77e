"""Where a server of one's own is reached from the machine it runs on."""


def reachable(host: str) -> str:
    """A host to connect to for a host to listen on, as it stands in a URL."""
    if host in ("", "0.0.0.0"):  # noqa: S104  # compared, not listened on
        return "127.0.0.1"
    if host == "::":
        return "[::1]"
    return f"[{host}]" if ":" in host and not host.startswith("[") else host


def local_url(host: str, port: int) -> str:
    """The address of a server that listens there, as a local client writes it."""
    return f"http://{reachable(host)}:{port}"
