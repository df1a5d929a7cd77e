"""The monitor page: the files of `api/bridge/page`.

They are the same for everybody and hold nothing that is secret, so they need no key; what there is to see comes over
the websocket, which asks for one.
"""

from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Final

from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from api.bridge.services import bridge_of

router = APIRouter()

_FOLDER: Final = Path(__file__).parents[1] / "page"
_TYPES: Final = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
#: Stands in index.html for the front door's port, which the page names in an example.
_FRONT_DOOR_PORT: Final = b"{front_door_port}"

_HEADERS: Final = {
    # Everything comes from the bridge, nothing is inline, and no script can make HTML of a text.
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    # Kept by browsers, but never shown without asking whether it is still the one.
    "cache-control": "no-cache",
}


@router.get("/")
async def index(request: Request) -> Response:
    """The page."""
    port = bridge_of(request).settings.port
    return _reply(request, "index.html", _files()["index.html"].replace(_FRONT_DOOR_PORT, str(port).encode()))


@router.get("/page/{name}")
async def part(request: Request, name: str) -> Response:
    """A file that the page is made of."""
    if name not in _files():
        raise HTTPException(404, "the page has no such file")
    return _reply(request, name, _files()[name])


@cache
def _files() -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in _FOLDER.iterdir()}


def _reply(request: Request, name: str, content: bytes) -> Response:
    tag = f'"{sha256(content).hexdigest()[:32]}"'
    headers = {**_HEADERS, "etag": tag}
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(content, headers=headers, media_type=_TYPES[Path(name).suffix])
