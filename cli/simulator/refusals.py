"""Answers that are no stream: the HTTP statuses of `docs/protocol.md` 1.8."""

from starlette.responses import HTMLResponse, JSONResponse, Response

from cli.simulator.script import Step

_HTML_403 = "<html>\r\n<head><title>403 Forbidden</title></head>\r\n<body>403 Forbidden</body>\r\n</html>\r\n"


def bad_request(text: str) -> Response:
    """400."""
    return _error(400, text)


def unauthorized() -> Response:
    """401."""
    return _error(401, "Unauthorized: User not in context: Not found: no user for this token")


def model_not_allowed(model: str) -> Response:
    """400 for a model id that the account may not use."""
    return bad_request(f"The base model {model!r} is not allowed for this account")


def edge() -> Response:
    """The load balancer's 403: a page, not JSON."""
    return HTMLResponse(_HTML_403, 403)


def overloaded(retry_after: str | None = "1") -> Response:
    """429 without an error code: the server has too much to do."""
    headers = {} if retry_after is None else {"Retry-After": retry_after}
    return JSONResponse({"error": "Rate exceeded."}, 429, headers=headers)


def scripted(step: Step) -> Response:
    """The refusal that a `status` directive asks for."""
    words = set(step.words)
    status = next((int(word) for word in step.words if word.isdigit()), 500)
    match status:
        case 400 if "model" in words:
            return model_not_allowed("scripted")
        case 401:
            return unauthorized()
        case 403 if "html" in words:
            return edge()
        case 403:
            return _error(403, "This account has been blocked from using AI features. Appeals: appeals@example.com")
        case 429:
            return _limited(step)
        case _:
            return _error(status, f"Simulated status {status}", step.values.get("retry"))


def _limited(step: Step) -> Response:
    if "credits" in step.words:
        body = {"error": "Out of credits", "userDisplayMessage": "You have used all of your simulated credits."}
        return JSONResponse(body, 429, headers={"X-Warp-Error-Code": "OUT_OF_CREDITS"})
    if "quota" in step.words:
        return _error(429, "No remaining quota: No AI requests remaining")
    return overloaded(None if "bare" in step.words else step.values.get("retry", "1"))


def _error(status: int, text: str, retry_after: str | None = None) -> Response:
    return JSONResponse({"error": text}, status, headers={"Retry-After": retry_after} if retry_after else {})
