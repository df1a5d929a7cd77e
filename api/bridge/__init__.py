"""The bridge: the operator's server beside the front door. No chat needs it. Start at `app.py`."""
