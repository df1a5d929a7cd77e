"""What a chat costs: CPU milliseconds per job, by process, beside the floor its parts cost apart."""
