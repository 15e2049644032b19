"""What an endpoint can do, as far as asking it has shown."""

from dataclasses import dataclass
from enum import StrEnum


class Ability(StrEnum):
    """What is asked about: routes first, then what only an image shows."""

    MODELS = "models"
    GENERATE = "generate"
    EDIT = "edit"
    STREAM = "stream"
    BASE64 = "base64"
    SIZE = "size"
    FORMAT = "format"
    USAGE = "usage"


class Answer(StrEnum):
    """Whether the endpoint can. Unknown: nothing that was asked shows it."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One answer, and what shows it. `may_cost`: the endpoint did more than was asked of it."""

    ability: Ability
    answer: Answer
    detail: str
    may_cost: bool = False
