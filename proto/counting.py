"""Token counts by a real tokenizer, for clients that ask before they send (`docs/models.md`).

Claude's tokenizer is not published. Text is counted with OpenAI's cl100k_base, whose data comes with the splintr
package, and raised by a fifth: Anthropic says of that family of tokenizers that it finds 15 to 20 % fewer tokens in
typical text than Claude's. `docs/models.md` tells how far that carries.
"""

import threading
from typing import Final

from splintr import AnyTokenizer, Tokenizer

from proto.conversation import Conversation
from proto.estimate import contents
from proto.images import image_tokens

TOKENIZER: Final = "cl100k_base"

#: Framing, as Anthropic's published counts show it: of the request, of each message, and what Claude's own words on
#: tools add as soon as there is one (290 to 675 by model; this is in its published example).
REQUEST_TOKENS: Final = 3
MESSAGE_TOKENS: Final = 4
TOOLS_TOKENS: Final = 346

#: Characters after which the tokenizer is told to forget the words it has seen. By itself it bounds their number, but
#: not their length.
_CACHE_CHARACTERS: Final = 16 * 1024 * 1024


class TextCounter:
    """Counts texts; safe to use from several threads. The first count loads the tokenizer: some 30 ms and 25 MB."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._tokenizer: AnyTokenizer | None = None
        self._seen = 0

    def count(self, text: str) -> int:
        """Tokens of cl100k_base in `text`; what spells a special token is text like any other."""
        return len(self._ready(len(text)).encode_ordinary(text))

    def _ready(self, length: int) -> AnyTokenizer:
        """The tokenizer, with room in its memory for another text."""
        with self._lock:
            if self._tokenizer is None:
                self._tokenizer = Tokenizer.from_pretrained(TOKENIZER)
            self._seen += length
            if self._seen > _CACHE_CHARACTERS:
                self._tokenizer.clear_cache()
                self._seen = length
            return self._tokenizer


_counter: Final = TextCounter()


def count_conversation(conversation: Conversation) -> int:
    """About how many input tokens Claude would count for a conversation, reasoning that was sent back included.

    Costs about a millisecond of CPU for 50 kB of text: call it off the event loop.
    """
    found = contents(conversation)
    text = sum(map(_counter.count, (*found.texts, *found.reasoning)))
    framing = REQUEST_TOKENS + MESSAGE_TOKENS * len(conversation.messages)
    tools = TOOLS_TOKENS if conversation.tools else 0
    return -(-text * 6 // 5) + framing + tools + sum(map(image_tokens, found.images))
