"""What differs between a catalog and the list of its endpoint."""

from datetime import date

from domain.model_comparison import DateDifference, ListedModel, ModelComparison
from domain.models import Catalog, ModelCard

TODAY = date(2026, 11, 22)
SOON = date(2026, 12, 1)
PAST = date(2026, 10, 23)
CATALOG = Catalog(
    cards=(
        ModelCard(name="new", aliases=("new-2026-09-08",)),
        ModelCard(name="old", retirement_date=SOON, successor="new"),
        ModelCard(name="gone", retirement_date=PAST, successor="new"),
    ),
    default="new",
)
ALL = ("new", "new-2026-09-08")


def compare(*listed: ListedModel | str, catalog: Catalog = CATALOG) -> ModelComparison:
    models = [each if isinstance(each, ListedModel) else ListedModel(name=each) for each in listed]
    return ModelComparison(catalog=catalog, listed=models, today=TODAY)


def test_a_missing_snapshot_is_named_and_a_model_that_is_retired_is_not_missed() -> None:
    assert compare("new").missing == ("new-2026-09-08", "old")
    assert compare(*ALL, "old").missing == ()


def test_only_image_models_are_reported_as_unknown() -> None:
    found = compare(
        *ALL,
        "old",
        ListedModel(name="text-9"),
        ListedModel(name="image-9", makes_images=True),
        ListedModel(name="new", makes_images=True),
        ListedModel(name="image-10", makes_images=True),
    )
    assert [model.name for model in found.unknown] == ["image-10", "image-9"]


def test_a_default_model_of_an_unknown_kind_is_reported_because_it_is_used() -> None:
    own = Catalog(cards=CATALOG.cards, default="my-deployment")
    found = compare("my-deployment", "other-deployment", catalog=own)
    assert [model.name for model in found.unknown] == ["my-deployment"]
    assert found.usable == ("my-deployment",)


def test_dates_differ_if_the_endpoint_states_another_one_or_none_beside_others() -> None:
    later = ListedModel(name="old", shutdown_date=date(2027, 1, 31))
    stated = ListedModel(name="new-2026-09-08", shutdown_date=SOON)
    assert compare(later, stated).dates == (
        DateDifference(model="new-2026-09-08", here=None, there=SOON),
        DateDifference(model="old", here=SOON, there=date(2027, 1, 31)),
    )
    assert compare(stated, "old").dates[1:] == (DateDifference(model="old", here=SOON, there=None),)
    assert compare(ListedModel(name="old", shutdown_date=SOON)).dates == ()


def test_an_endpoint_without_any_dates_contradicts_none() -> None:
    assert compare(*ALL, "old", "gone").dates == ()


def test_the_date_of_the_endpoint_decides_what_retires_soon() -> None:
    moved = compare("new", ListedModel(name="old", shutdown_date=date(2027, 1, 31)))
    assert moved.dated_catalog.upcoming_retirements(TODAY) == ()
    sooner = compare(ListedModel(name="new", shutdown_date=SOON), "old")
    assert sooner.dated_catalog.upcoming_retirements(TODAY) == (
        f"new retires on {SOON}.",
        f"old retires on {SOON}; new will replace it.",
    )


def test_usable_models_are_listed_and_not_shut_down_the_known_ones_first() -> None:
    found = compare(
        ListedModel(name="image-9", makes_images=True),
        ListedModel(name="image-8", makes_images=True, shutdown_date=TODAY),
        ListedModel(name="old", shutdown_date=SOON),
        ListedModel(name="new", shutdown_date=PAST),
        "gone",
        "text-9",
    )
    assert found.usable == ("old", "image-9")
