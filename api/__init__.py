"""The front door: HTTP in, SSE out. Beside it the bridge, for operators, and the pool service."""
