"""FastAPI's own OpenTelemetry instruments are off: they would record addresses, queries and the texts of exceptions,
and cost every request.
"""

from typing import Final

from fastapi.telemetry import TelemetryConfig

NO_TELEMETRY: Final[TelemetryConfig] = {"tracing": False, "metrics": False, "logs": False, "auto_configure": False}
