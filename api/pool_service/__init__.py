"""The pool service: this deployment's tokens, lent to other deployments of the operator's. Start at `app.py`."""
