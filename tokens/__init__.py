"""The token pool: credentials of the operator's, lent to jobs one lease at a time. Start at `tokens/pool.py`."""
