"""The error tree matches its drawing, and each error has an exit code and an HTTP status."""

import re

import pytest

from domain import errors, provider_errors
from domain.errors import ChargeStatus, ImageServiceError
from domain.provider_errors import ContentRefused, OutcomeUnknown, RateLimited
from entrypoints.wire.error_codes import CHARGE_TEXT, EXIT_CODES, HTTP_STATUSES, as_dict, error_text


def tree(root: type[ImageServiceError]) -> list[type[ImageServiceError]]:
    """The domain's classes below `root`, each before those below it; tests may have their own."""
    found = [each for each in root.__subclasses__() if each.__module__.startswith("domain.")]
    return [each for child in found for each in (child, *tree(child))]


CONCRETE = [kind for kind in tree(ImageServiceError) if "code" in vars(kind)]


def test_the_drawing_of_the_tree_matches_the_classes() -> None:
    drawn = re.findall(r"[├└] (\w+)(?: +(\w+))?", errors.__doc__ or "")
    defined = [(kind.__name__, vars(kind).get("code", "")) for kind in tree(ImageServiceError)]
    assert sorted(name for name, _ in drawn) == sorted(name for name, _ in defined)
    assert {pair for pair in drawn if pair[1]} >= {pair for pair in defined if pair[1]}


def test_every_error_has_its_own_code() -> None:
    codes = [kind.code for kind in CONCRETE]
    assert len(set(codes)) == len(codes)


@pytest.mark.parametrize("kind", CONCRETE, ids=lambda kind: kind.__name__)
def test_every_error_has_an_exit_code_and_a_status(kind: type[ImageServiceError]) -> None:
    assert EXIT_CODES[kind] in range(1, 131)
    assert HTTP_STATUSES[kind] in range(400, 600)


def test_the_tables_have_no_row_for_a_missing_error() -> None:
    assert set(EXIT_CODES) == set(HTTP_STATUSES) == set(CONCRETE)


def test_an_unknown_outcome_may_be_charged_and_is_not_retryable() -> None:
    kinds: list[type[ImageServiceError]] = [OutcomeUnknown, *tree(OutcomeUnknown)]
    for kind in kinds:
        assert kind.charged is ChargeStatus.MAYBE
        assert not kind.retryable


def test_the_error_text_has_every_fact() -> None:
    error = ContentRefused("No.", stage="input", categories=["violence", "gore"])
    error.request_id = "req_7"
    text = error_text(error)
    for part in (
        "No.",
        "Change the prompt",
        CHARGE_TEXT[ChargeStatus.NO],
        "content_refused",
        "violence, gore",
        "req_7",
    ):
        assert part in text
    assert as_dict(error) == {
        "code": "content_refused",
        "message": "No.",
        "hint": error.hint,
        "retryable": False,
        "charged": "no",
        "request_id": "req_7",
        "stage": "input",
        "categories": ["violence", "gore"],
    }


def test_a_retry_is_not_advised_while_a_charge_is_possible() -> None:
    assert "check your usage page before retrying" in error_text(OutcomeUnknown("Cut."))
    assert "safe to retry" in error_text(RateLimited("Not now."))


def test_only_provider_errors_live_in_their_module() -> None:
    below = tree(provider_errors.ProviderError)
    assert {kind.__module__ for kind in below} == {"domain.provider_errors"}
