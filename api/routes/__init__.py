"""The front door's routes, one file a subject."""
