"""Recipes as text in a column."""

import json
from dataclasses import asdict

from domain.recipes import Recipe


def recipe_text(recipe: Recipe | None) -> str | None:
    """A recipe as JSON; what has its default is left out."""
    if recipe is None:
        return None
    parts = {name: part for name, part in asdict(recipe).items() if part}
    return json.dumps(parts, separators=(",", ":"), ensure_ascii=False)


def to_recipe(text: str | None) -> Recipe | None:
    """The recipe in a text; raise ValueError for anything else.

    None for one of a later version, which this one cannot repeat.
    """
    found = {} if text is None else json.loads(text)
    if not isinstance(found, dict):
        raise ValueError("recipe is no object")
    options, images = found.get("options"), found.get("images", ())
    if text is None or found.keys() - Recipe.__dataclass_fields__.keys():
        return None
    if not isinstance(options, dict) or not isinstance(images, list | tuple):
        raise ValueError("recipe has no options")
    return Recipe(**{**found, "images": tuple(images)})
