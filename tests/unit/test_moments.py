"""Dates and times in arguments, in every spelling that has one meaning."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from domain.errors import InvalidRequest
from entrypoints.wire.moments import parse_moment

ZONE = timezone(timedelta(hours=1))
NOW = datetime(2026, 11, 27, 9, 30, tzinfo=ZONE)
MEANT = {
    "2026-11-01": datetime(2026, 11, 1, tzinfo=ZONE),
    "20261101": datetime(2026, 11, 1, tzinfo=ZONE),
    "2026-11-01T10:00": datetime(2026, 11, 1, 10, tzinfo=ZONE),
    "2026-11-01 10:00:05.5": datetime(2026, 11, 1, 10, 0, 5, 500_000, tzinfo=ZONE),
    "2026-11-01T10:00Z": datetime(2026, 11, 1, 10, tzinfo=UTC),
    " 2026-11-01t10:00:00z ": datetime(2026, 11, 1, 10, tzinfo=UTC),
    "2026-11-01 10:00 UTC": datetime(2026, 11, 1, 10, tzinfo=UTC),
    "2026-11-01T10:00+02:00": datetime(2026, 11, 1, 8, tzinfo=UTC),
    "2026-11-01T10:00 02:00": datetime(2026, 11, 1, 8, tzinfo=UTC),
    "2026-11-01 10:00:00 -0530": datetime(2026, 11, 1, 15, 30, tzinfo=UTC),
    "2026-11-01 10:00 -05": datetime(2026, 11, 1, 15, tzinfo=UTC),
    "now": NOW,
    "Today": datetime(2026, 11, 27, tzinfo=ZONE),
    "yesterday": datetime(2026, 11, 26, tzinfo=ZONE),
    "7d": NOW - timedelta(days=7),
    "2 weeks ago": NOW - timedelta(weeks=2),
    "90 min": NOW - timedelta(minutes=90),
    "1 hour": NOW - timedelta(hours=1),
}
REFUSED = (
    *("soon", "7 months", "2026-13-01", "2026-11-31", "11/27/2026", "0000-00-00", "-7d"),
    *(
        "99999999w",
        "1899-12-31",
        "9999-01-01",
        "0001-01-01T00:00+23:59",
        "2026-11-01T25:00",
        "2026",
        "\0",
        "2026-11-01" * 9,
    ),
)


@pytest.mark.parametrize("text", MEANT)
def test_a_moment_is_read_as_it_is_meant(text: str) -> None:
    assert parse_moment(text, "since", now=NOW) == MEANT[text]


@pytest.mark.parametrize("text", REFUSED)
def test_any_other_text_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        parse_moment(text, "before", now=NOW)
    assert refused.value.field == "before"
    assert "2026-11-27" in refused.value.hint
