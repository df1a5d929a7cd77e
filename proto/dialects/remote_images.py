"""Where a request of any dialect points to a picture by URL, and how the picture itself is put there instead."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

#: The fields of all dialects that lead from a body to its content.
_WAYS = ("messages", "input", "content", "source", "output")


class RemoteImage(NamedTuple):
    """A picture that stands elsewhere. `path` is the URL's, `put` takes the picture's type and its base64 data."""

    url: str
    path: str
    put: Callable[[str, str], None]


def remote_images(body: Any) -> list[RemoteImage]:
    """All pictures that a decoded body has by `http` or `https` URL, in no particular order.

    The body is looked at before it is validated, so anything may stand anywhere.
    """
    found: list[RemoteImage] = []
    unseen: list[tuple[Any, str]] = [(body, "")]
    while unseen:
        value, path = unseen.pop()
        if isinstance(value, list):
            unseen += [(item, f"{path}[{i}]") for i, item in enumerate(value)]
        elif isinstance(value, dict):
            found += _images(value, path)
            unseen += [(value[name], f"{path}.{name}" if path else name) for name in _WAYS if name in value]
    return found


def _images(part: dict[str, Any], path: str) -> Iterator[RemoteImage]:
    match part:
        case {"type": "image_url", "image_url": {"url": str(url)} as holder} if _is_remote(url):
            yield RemoteImage(url, f"{path}.image_url.url", _data_url_into(holder, "url"))
        case {"type": "input_image", "image_url": str(url)} if _is_remote(url):
            yield RemoteImage(url, f"{path}.image_url", _data_url_into(part, "image_url"))
        case {"type": "image", "source": {"type": "url", "url": str(url)}} if _is_remote(url):
            yield RemoteImage(url, f"{path}.source.url", _base64_into(part))
        case _:
            pass


def _is_remote(url: str) -> bool:
    return url[:8].lower().startswith(("http://", "https://"))


def _data_url_into(holder: dict[str, Any], name: str) -> Callable[[str, str], None]:
    def put(media_type: str, data: str) -> None:
        holder[name] = f"data:{media_type};base64,{data}"

    return put


def _base64_into(block: dict[str, Any]) -> Callable[[str, str], None]:
    def put(media_type: str, data: str) -> None:
        block["source"] = {"type": "base64", "media_type": media_type, "data": data}

    return put
