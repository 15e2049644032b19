"""Models as OpenAI's clients read them."""

from application.use_cases.list_models import ModelListing
from domain.models import ModelCard

OWNER = "system"
"""What OpenAI's API says of its newer models; the catalog names no owners."""
UNKNOWN_TIME = 0
"""`created` of every model, which OpenAI's clients require: the catalog has no such date."""


def model_list(listing: ModelListing) -> dict[str, object]:
    """Every model that is not retired, the default first."""
    models = [each for each in listing.catalog.models if not each.card.is_retired(listing.today)]
    models.sort(key=lambda each: each.card is not listing.default.card)
    return {"object": "list", "data": [_model(each.card, each.name) for each in models]}


def find_model(listing: ModelListing, name: str) -> dict[str, object] | None:
    """The model of this name, or of this snapshot; None for an unknown or a retired one."""
    found = listing.catalog.find(name)
    if found is None or found.card.is_retired(listing.today):
        return None
    return _model(found.card, name)


def _model(card: ModelCard, name: str) -> dict[str, object]:
    """`capabilities` are no part of OpenAI's objects; some clients filter models by them."""
    shutdown = card.retirement_date
    return {
        "id": name,
        "object": "model",
        "created": UNKNOWN_TIME,
        "owned_by": OWNER,
        "shutdown_date": shutdown and shutdown.isoformat(),
        "capabilities": {"image_generation": True, "image_edit": card.max_input_images > 0},
    }
