"""The bridge's routes."""
