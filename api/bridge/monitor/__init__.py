"""The live monitor: a websocket that shows jobs, packets, the pool and workers as they change. Start at `hub.py`."""
