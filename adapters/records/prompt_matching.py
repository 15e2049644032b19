"""A function of SQL that decides whether a prompt has the words of a search."""

import json
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache

from sqlalchemy import Column, ColumnElement, func

from adapters.records.schema import jobs
from domain.image_filters import has_words


def contains_words(
    words: Sequence[str], column: Column[str] = jobs.c.prompt
) -> ColumnElement[bool]:
    """Whether the prompt of a job, or another text, has all words, as `has_words` says."""
    return func.contains_words(column, json.dumps(words)) == 1


def _contains_words(prompt: object, words: str) -> bool:
    """The function in SQL; the database can hold anything."""
    return isinstance(prompt, str) and has_words(prompt, _words(words))


@lru_cache(maxsize=16)
def _words(text: str) -> tuple[str, ...]:
    return tuple(json.loads(text))


SEARCH_FUNCTIONS: Mapping[str, Callable[..., object]] = {"contains_words": _contains_words}
