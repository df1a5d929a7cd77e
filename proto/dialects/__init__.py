"""The client APIs, one module each: request -> Conversation, and events -> response.

Both halves are pure. An encoder is a function of (reply header, log) alone: no clock, no random, no settings,
so the live stream, a replay and a whole answer cannot differ.
"""

from proto.dialects.anthropic_messages import AnthropicMessages
from proto.dialects.base import Dialect, Vendor
from proto.dialects.openai_chat import OpenAIChat
from proto.dialects.openai_responses import OpenAIResponses

DIALECTS: dict[str, Dialect] = {
    dialect.name: dialect for dialect in (OpenAIChat(), AnthropicMessages(), OpenAIResponses())
}


def dialect_at(path: str, vendor: Vendor) -> Dialect:
    """The dialect whose path this is or lies under; elsewhere the first one of the vendor whose client asks."""
    for dialect in DIALECTS.values():
        if path.startswith(dialect.path):
            return dialect
    return next(dialect for dialect in DIALECTS.values() if dialect.vendor is vendor)


def get_dialect(name: str) -> Dialect:
    """Raises:
    KeyError: there is no dialect of that name.
    """
    return DIALECTS[name]
