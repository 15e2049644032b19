"""An error is chosen by what a refusal says, and it names the endpoint that was called."""

from collections.abc import Callable

import pytest

from domain.provider_errors import RateLimited
from entrypoints.wire.error_codes import error_text
from tests.conftest import KEY
from tests.field_reports.answers.accounts import PERMISSIONS, QUOTA
from tests.field_reports.answers.answer import Answer
from tests.field_reports.answers.gateways import GATEWAYS
from tests.field_reports.answers.moderation import MODERATION
from tests.field_reports.answers.pages import ADDRESSES, PAGES
from tests.field_reports.answers.waits import TIMES, WAITS
from tests.field_reports.provider_calls import GATEWAY, OPENAI, Upstream
from tests.standin import Fault

TABLE = [*WAITS, *QUOTA, *PERMISSIONS, *MODERATION, *PAGES, *ADDRESSES, *GATEWAYS]


@pytest.mark.parametrize("answer", TABLE, ids=lambda answer: answer.id)
def test_a_refusal_becomes_the_error_that_its_words_mean(
    upstream: Upstream, answer: Answer
) -> None:
    error = upstream.refusal(answer.fault, answer.base_url)
    text = error_text(error)
    assert error.code == answer.code, text
    assert [part for part in answer.says if part not in text] == [], text
    assert [part for part in answer.never if part in text] == [], text
    assert answer.details.items() <= error.details().items()
    assert (error.charged, error.retryable) == (answer.charged, answer.retryable)
    assert KEY not in text


@pytest.mark.parametrize(
    "answer", [each for each in TABLE if each.base_url == OPENAI], ids=lambda answer: answer.id
)
def test_the_error_of_another_endpoint_names_it_and_never_openai(
    upstream: Upstream, answer: Answer
) -> None:
    error = upstream.refusal(answer.fault, "http://gateway.example:81/v1")
    text = error_text(error)
    assert error.code == answer.code
    assert "gateway.example:81" in text
    assert "platform.openai.com" not in text
    assert "OpenAI " not in text


@pytest.mark.parametrize("fault", TIMES.values(), ids=TIMES)
def test_f05_a_time_to_wait_until_becomes_seconds(
    upstream: Upstream, fault: Callable[[], Fault]
) -> None:
    error = upstream.refusal(fault(), GATEWAY)
    assert isinstance(error, RateLimited)
    assert error.retry_after is not None
    assert 80 < error.retry_after <= 90
