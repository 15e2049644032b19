"""What a result says of money, in words and for programs."""

from decimal import Decimal

import pytest
from msgspec import UNSET

from entrypoints.wire.image_results import structured_report, text_report
from tests.testkit.events import images, job


@pytest.mark.parametrize(
    ("served_from", "cost", "words", "charged", "saved"),
    [
        ("provider", "0.0325", "$0.0325", 0.0325, UNSET),
        ("provider", None, "cost unknown", UNSET, UNSET),
        ("provider", "0", "free", 0.0, UNSET),
        ("archive", "0.0325", "$0.0325 when it was generated", 0.0325, UNSET),
        ("joined", "0.0325", "free (shared with an equal request), saved $0.0325", 0.0, 0.0325),
        ("memory", "0.0325", "free (cached), saved $0.0325", 0.0, 0.0325),
        ("disk", None, "free (cached)", 0.0, UNSET),
        ("redis", "0.0325", "free (cached), saved $0.0325", 0.0, 0.0325),
        ("disk", "0", "free (cached)", 0.0, 0.0),
    ],
)
def test_a_result_says_what_it_cost_and_what_it_saved(
    served_from: str, cost: str | None, words: str, charged: object, saved: object
) -> None:
    known = None if cost is None else Decimal(cost)
    told = images(job("job_1"), served_from, generation_cost=known)
    result = structured_report(told)
    assert f"· {words} ·" in text_report("Done.", told, result)
    assert (result.cost_usd, result.saved_usd) == (charged, saved)
