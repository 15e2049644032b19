"""A refusal of a provider, and the error that it must become."""

from dataclasses import dataclass, field
from json import dumps

from domain.errors import ChargeStatus
from tests.field_reports.provider_calls import OPENAI
from tests.standin import Fault
from tests.standin.faults import status


@dataclass(frozen=True, kw_only=True)
class Answer:
    """A refusal, and the error that it must become.

    `says` and `never` are parts of the whole text for callers, `details` some of its details.
    """

    id: str
    fault: Fault
    code: str
    says: tuple[str, ...] = ()
    never: tuple[str, ...] = ()
    details: dict[str, object] = field(default_factory=dict)
    base_url: str = OPENAI
    charged: ChargeStatus = ChargeStatus.NO
    retryable: bool = False


def body(code: int, value: object, **headers: str) -> Fault:
    """A refusal with this JSON value, or this text, as its whole body."""
    text = value if isinstance(value, str) else dumps(value)
    return status(code, body=text, headers={k.replace("_", "-"): v for k, v in headers.items()})
