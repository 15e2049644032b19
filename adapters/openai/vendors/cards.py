"""Model cards of vendors that serve OpenAI's models, or others, under their own terms."""

from dataclasses import replace
from pathlib import Path

from adapters.openai.catalog import openai_catalog
from domain.models import ModelCard


def card_elsewhere(name: str, models_file: Path | None = None) -> ModelCard:
    """The card of a model that another vendor than OpenAI serves.

    The abilities are OpenAI's, if OpenAI has the model. Its dates and its prices are not: the
    vendor sets its own. A price that the operator's file has for the model counts, because it was
    written for this server. The card of any other model allows all, and has no price.
    """
    found = openai_catalog(models_file).find(name)
    if found is None:
        return ModelCard(name=name, is_known=False)
    pricing = None if found == openai_catalog().find(name) else found.pricing
    return replace(
        found, name=name, aliases=(), retirement_date=None, successor=None, pricing=pricing
    )
