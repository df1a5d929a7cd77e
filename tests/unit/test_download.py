"""Ranges of a file."""

import pytest

from api.download import range_of


@pytest.mark.parametrize(
    ("header", "found"),
    [
        (None, None),
        ("bytes=0-", (0, 10)),
        ("bytes=4-", (4, 10)),
        ("bytes=4-4", (4, 5)),
        ("bytes=4-99", (4, 10)),
        ("bytes=10-", (10, 10)),
        ("bytes=99-100", (10, 10)),
        ("bytes=5-4", None),
        ("bytes=-3", None),
        ("bytes=0-1,3-4", None),
        ("lines=0-1", None),
    ],
)
def test_a_range_lies_within_the_file(header: str | None, found: tuple[int, int] | None) -> None:
    assert range_of(header, 10) == found
