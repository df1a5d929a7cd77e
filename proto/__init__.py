"""Every shape that crosses a boundary: pure, no I/O, no clock, no settings."""
