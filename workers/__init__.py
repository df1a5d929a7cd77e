"""One job from claim to terminal event, and everything a worker process runs beside it."""
