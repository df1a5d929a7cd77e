"""The front door: HTTP in, SSE out."""
