"""The comparison of the models with those of the endpoint, as text and as structured data."""

from collections.abc import Iterator, Sequence
from datetime import date

from msgspec import Struct

from application.use_cases.check_models import ModelCheck, ProviderCheck
from domain.counts import count
from domain.model_comparison import DateDifference, ListedModel, ModelComparison
from domain.models import WARN_BEFORE_RETIREMENT

FREE = "Nothing was charged: reading a list of models is free."
ADD = (
    "Add them in MODELS_FILE: docs/models.md has an example. They can be requested without it, but "
    "their options are not checked, and their cost is unknown."
)
REPLACE = "A model in MODELS_FILE replaces the server's, with its date: docs/models.md."
NO_LIST = "The provider {name} has no list of models: there was nothing to compare."
MAX_LISTED = 20
"""Unknown models that are listed in the text; the structured data has all."""


class UnknownModel(Struct, kw_only=True):
    """An image model that the endpoint lists and the server does not know."""

    name: str
    shutdown: str | None


class DifferentDate(Struct, kw_only=True):
    """A model whose date of shutdown is not the same `here`, in the server, and `there`."""

    name: str
    here: str | None
    there: str | None


class ComparedProvider(Struct, kw_only=True):
    """One provider; not `compared` if it has no list of models."""

    provider: str
    endpoint: str
    compared: bool
    listed: int
    missing: list[str]
    unknown: list[UnknownModel]
    dates: list[DifferentDate]


class CheckedDefault(Struct, kw_only=True):
    """The model where a request names none, the one that serves it, and what is wrong with that."""

    requested: str
    model: str
    problems: list[str]


class ModelCheckResult(Struct, kw_only=True):
    """The whole comparison. `ok` is whether the default model can be used as it is set."""

    ok: bool
    charged: str
    default: CheckedDefault
    usable: list[str]
    retiring: list[str]
    providers: list[ComparedProvider]


def model_check_result(check: ModelCheck) -> ModelCheckResult:
    """The comparison for programs."""
    return ModelCheckResult(
        ok=not check.problems,
        charged="no",
        default=CheckedDefault(
            requested=check.default.requested_model,
            model=check.default.model,
            problems=[*check.problems],
        ),
        usable=[*check.usable],
        retiring=[*check.retiring],
        providers=[_provider_result(each) for each in check.providers],
    )


def _provider_result(check: ProviderCheck) -> ComparedProvider:
    found = check.comparison
    return ComparedProvider(
        provider=check.provider,
        endpoint=check.endpoint,
        compared=found is not None,
        listed=0 if found is None else len(found.listed),
        missing=[] if found is None else [*found.missing],
        unknown=[] if found is None else [*map(_unknown_result, found.unknown)],
        dates=[] if found is None else [*map(_date_result, found.dates)],
    )


def _unknown_result(model: ListedModel) -> UnknownModel:
    return UnknownModel(name=model.name, shutdown=_iso(model.shutdown_date))


def _date_result(difference: DateDifference) -> DifferentDate:
    here, there = _iso(difference.here), _iso(difference.there)
    return DifferentDate(name=difference.model, here=here, there=there)


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def model_check_text(check: ModelCheck) -> str:
    """The comparison for people: what differs, and what to do about it."""
    lines = [line for each in check.providers for line in _provider_lines(each)]
    if check.retiring:
        lines += [
            f"Retiring within {WARN_BEFORE_RETIREMENT.days} days:",
            *_indented(check.retiring),
        ]
    return "\n".join([*lines, *_default_lines(check), FREE])


def _provider_lines(check: ProviderCheck) -> Iterator[str]:
    found = check.comparison
    if found is None:
        yield NO_LIST.format(name=check.provider)
        return
    models = count(len(found.listed), "model")
    yield f"The endpoint of the provider {check.provider}, {check.endpoint}, lists {models}."
    if not (found.missing or found.unknown or found.dates):
        yield "All models that the server knows are there, with the same dates."
        return
    yield from _differences(found)


def _differences(found: ModelComparison) -> Iterator[str]:
    if found.missing:
        yield "The endpoint does not have these models, which the server knows:"
        yield from _indented(found.missing)
    if found.unknown:
        yield "The endpoint has these image models, which the server does not know:"
        yield from _indented([_with_date(model) for model in found.unknown[:MAX_LISTED]])
        if len(found.unknown) > MAX_LISTED:
            yield f"  and {len(found.unknown) - MAX_LISTED:,} more: --json has all"
        yield f"  {ADD}"
    if found.dates:
        yield "Dates of retirement differ:"
        yield from _indented([_both_dates(each) for each in found.dates])
        yield f"  {REPLACE}"


def _default_lines(check: ModelCheck) -> Iterator[str]:
    name = check.default.requested_model
    if not check.problems:
        yield f"Default model: {name}."
        return
    yield f"The default model is {name}, which is a problem:"
    yield from _indented(check.problems)


def _indented(lines: Sequence[str]) -> list[str]:
    return [f"  {line}" for line in lines]


def _with_date(model: ListedModel) -> str:
    day = model.shutdown_date
    return model.name if day is None else f"{model.name} (shutdown: {day})"


def _both_dates(difference: DateDifference) -> str:
    here, there = _day(difference.here), _day(difference.there)
    return f"{difference.model}: {here} for the server, {there} at the endpoint"


def _day(day: date | None) -> str:
    return "no date" if day is None else day.isoformat()
