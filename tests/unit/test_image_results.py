"""The cost of a result, in text and in structured form."""

from decimal import Decimal

import pytest
from msgspec import UNSET

from entrypoints.wire.image_results import structured_report, text_report
from tests.testkit.events import images, job


@pytest.mark.parametrize(
    ("served_from", "cost", "text", "charged", "saved"),
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
def test_a_result_reports_its_cost_and_savings(
    served_from: str, cost: str | None, text: str, charged: object, saved: object
) -> None:
    known = None if cost is None else Decimal(cost)
    result_of_job = images(job("job_1"), served_from, generation_cost=known)
    result = structured_report(result_of_job)
    assert f"· {text} ·" in text_report("Done.", result_of_job, result)
    assert (result.cost_usd, result.saved_usd) == (charged, saved)
