"""What a picture costs, by its size."""

import base64
import binascii
import io
import math
from typing import Final

import imagesize

from proto.conversation import ImagePart

#: Anthropic's published rule for Claude: pictures are scaled down to a long edge of so many pixels, and cost their area
#: divided by so much, at most so many tokens.
LONG_EDGE: Final = 1568
PIXELS_A_TOKEN: Final = 750
MAX_TOKENS: Final = 1600

UNKNOWN_TOKENS: Final = 1000
"""A picture whose size cannot be read: about a megapixel."""

#: Characters of base64 in which the size is looked for; a photograph's may stand after a long preamble.
_HEAD: Final = 128 * 1024


def image_tokens(image: ImagePart) -> int:
    """About how many input tokens a picture costs."""
    width, height = _size(image)
    if width <= 0 or height <= 0:
        return UNKNOWN_TOKENS
    scale = min(1.0, LONG_EDGE / max(width, height))
    return min(MAX_TOKENS, math.ceil(width * height * scale * scale / PIXELS_A_TOKEN))


def _size(image: ImagePart) -> tuple[int, int]:
    """Width and height in pixels, (-1, -1) if the head of the data does not tell."""
    try:
        head = base64.b64decode(image.data[:_HEAD])
    except binascii.Error:
        return -1, -1
    width, height = imagesize.get(io.BytesIO(head), exif_rotation=False)
    return int(width), int(height)
