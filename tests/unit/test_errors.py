"""The error table as a whole: what no row may say, and what every client must be able to tell apart."""

from proto.errors import ERROR_TABLE, ErrorCode

#: Refusals of the client's own key, or of what it may do.
ABOUT_THE_CLIENTS_KEY = {ErrorCode.INVALID_API_KEY, ErrorCode.NOT_PERMITTED}


def test_every_code_has_a_row() -> None:
    assert ERROR_TABLE.keys() == set(ErrorCode)


def test_trouble_with_the_operators_credentials_never_looks_like_a_bad_client_key() -> None:
    for code in ErrorCode:
        row = ERROR_TABLE[code]
        about_the_key = code in ABOUT_THE_CLIENTS_KEY
        assert (row.openai_status in (401, 403)) is about_the_key
        assert (row.anthropic_status in (401, 403)) is about_the_key
        assert (row.anthropic_type in ("authentication_error", "permission_error")) is about_the_key
        assert (row.openai_code == "invalid_api_key") is (code is ErrorCode.INVALID_API_KEY)


def test_no_status_that_sdks_retry_whatever_it_means() -> None:
    for code, row in ERROR_TABLE.items():
        if code is not ErrorCode.REQUEST_TIMEOUT:  # nothing was accepted, so trying again is right
            assert not {row.openai_status, row.anthropic_status} & {408, 409}
