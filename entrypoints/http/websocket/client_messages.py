"""What clients send over the WebSocket for images: one JSON object in each text frame."""

import re
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from domain.errors import InvalidRequest

MAX_ID_LENGTH = 128
MessageId = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=MAX_ID_LENGTH,
        description="Chosen by the client; every message about it has it.",
    ),
]
IdempotencyKey = Annotated[
    str,
    Meta(
        pattern="^[!-~]{1,255}$",
        description="Messages with the same key count as one, even across a restart.",
    ),
]
Cursor = Annotated[
    str,
    Meta(
        pattern=r"^(\d{1,9}(\.\d{1,2})?)?$",
        description="Of the last message that arrived whole; without it, from the first event.",
    ),
]


class _Message(Struct, tag_field="type", forbid_unknown_fields=True, kw_only=True, rename="camel"):
    id: MessageId


class Generate(_Message, tag="generate"):
    """Generate images, with the arguments of generate_image."""

    arguments: dict[str, Any]
    idempotency_key: IdempotencyKey | None = None


class Edit(_Message, tag="edit"):
    """Edit images, with the arguments of edit_image."""

    arguments: dict[str, Any]
    idempotency_key: IdempotencyKey | None = None


class Watch(_Message, tag="watch"):
    """Follow a job from a cursor on, such as after a connection broke."""

    job_id: Annotated[str, Meta(max_length=100, description="From any message about the job.")]
    cursor: Cursor = ""


class Cancel(_Message, tag="cancel"):
    """Stop what `id` names. A job is canceled only if it was not sent and no other client waits."""


class Ping(_Message, tag="ping"):
    """Ask for a pong."""


ClientMessage = Generate | Edit | Watch | Cancel | Ping
HINT = "Send one JSON object with type (generate, edit, watch, cancel or ping) and id."
PLACE = re.compile(r" - at `\$\.?(?P<field>[^`]*)`$")
_decoder: msgspec.json.Decoder[ClientMessage] = msgspec.json.Decoder(ClientMessage)


class _Identified(Struct):
    id: MessageId


_identified = msgspec.json.Decoder(_Identified)


def read_message(text: str) -> ClientMessage:
    """The message in a text frame; raise InvalidRequest if there is none."""
    try:
        return _decoder.decode(text)
    except msgspec.ValidationError as error:
        place = PLACE.search(str(error))
        field = (place["field"] if place else "") or "message"
        reason = PLACE.sub("", str(error))
        raise InvalidRequest(f"{field}: {reason}.", field=field, hint=HINT) from error
    except (msgspec.DecodeError, RecursionError, UnicodeEncodeError) as error:
        raise InvalidRequest(
            f"The message is not valid JSON: {error}.", field="message", hint=HINT
        ) from error


def id_in(text: str) -> str | None:
    """The valid ID of a message that is otherwise not valid."""
    try:
        return _identified.decode(text).id
    except (msgspec.MsgspecError, RecursionError, UnicodeEncodeError):
        return None
