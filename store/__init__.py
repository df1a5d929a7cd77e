"""Shared state in Redis: the connection, the scripts, and the verbs of a job."""
