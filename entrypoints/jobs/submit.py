"""Reads a client's arguments and submits them as a job, the same for every client."""

import asyncio
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import msgspec

from application.jobs.job_handle import JobHandle
from application.use_cases.confirm_spending import Ask, Consent, no_answer
from domain.errors import InvalidRequest, NotFound, UnreadableImage
from domain.image import Image
from domain.requests import EditRequest
from domain.styles import find_style
from entrypoints.jobs.image_references import naming_mask_image, open_reference
from entrypoints.wire.caller import Caller
from entrypoints.wire.image_texts import is_url
from entrypoints.wire.inputs import EditArguments, GenerateArguments, missing_images
from entrypoints.wire.parsing import Arguments, Reading, read

if TYPE_CHECKING:  # the container loads dependency_injector, which must wait for the first call
    from entrypoints.bootstrap.container import Container

CONFIRM_HINT = "Ask the user. Repeat the call with confirm: true only if the user agrees."
MAX_KEPT = 64
"""Calls of generate_image whose arguments are kept as they were read."""
MAX_KEPT_TEXT = 4_000
"""Characters of the arguments of one of these calls."""
FLAT = frozenset({str, int, float, bool, type(None)})
"""The types of their values."""
FlatArguments = tuple[tuple[str, type, object], ...]
"""Names, types and values of arguments."""
ImageFault = tuple[str, InvalidRequest | NotFound]
"""A field that names an image, and why the image cannot be used."""


def read_generate(arguments: Arguments) -> GenerateArguments:
    """Read the arguments of generate_image; raise one InvalidRequest for all that is wrong.

    Arguments that were read lately are not read again: a repeated call costs little else.
    """
    key = tuple((name, type(value), value) for name, value in arguments.items())
    if all(type_ in FLAT for _, type_, _ in key) and _length(key) <= MAX_KEPT_TEXT:
        return _read_flat(key)
    return _read_generate(arguments)


def _length(key: FlatArguments) -> int:
    return sum(len(name) + len(str(value)) for name, _, value in key)


@lru_cache(maxsize=MAX_KEPT)
def _read_flat(key: FlatArguments) -> GenerateArguments:
    """`key` has the types too, because 1, 1.0 and true are equal and do not mean the same."""
    return _read_generate({name: value for name, _, value in key})


def _read_generate(arguments: Arguments) -> GenerateArguments:
    reading = read(GenerateArguments, arguments)
    if reading.faults:
        raise InvalidRequest.of([*reading.faults, *_option_faults(reading)])
    return reading.result()


async def read_generation(container: "Container", arguments: Arguments) -> GenerateArguments:
    """Do the same as `read_generate`, with an unknown style among the faults."""
    try:
        return read_generate(arguments)
    except InvalidRequest as error:
        values = read(GenerateArguments, arguments).values
        raise InvalidRequest.of([error, *await _style_faults(container, values)]) from None


async def read_edit(container: "Container", arguments: Arguments, owner: str) -> EditArguments:
    """Read the arguments of edit_image; raise one InvalidRequest for all that is wrong.

    The images are opened only if anything is wrong, to tell about them as well, but nothing is
    fetched from the web for that.
    """
    reading = read(EditArguments, arguments)
    if reading.faults:
        values = reading.values
        references = _references(values)
        nearby = {field: each for field, each in references.items() if not is_url(each)}
        _, faults = await _opened(container, nearby, owner)
        if not values.get("images") and not values.get("conversationId"):
            faults.append(("images", missing_images(values.get("images"))))
        style_faults = await _style_faults(container, reading.values)
        raise InvalidRequest.of(
            [*reading.faults, *_option_faults(reading), *style_faults, *map(as_fault, faults)]
        )
    return reading.result()


async def submit(
    container: "Container",
    arguments: GenerateArguments | EditArguments,
    caller: Caller,
    ask: Ask = no_answer,
) -> JobHandle:
    """Start or join the job for these arguments.

    `ask` puts a question to the person behind the caller, where that is possible.

    Raises InvalidRequest or NotFound for arguments that cannot be used, TooManyRequests for a
    caller above its rate limit, and what GenerateImage and EditImage raise.
    """
    confirm = container.confirm_spending()
    consent = None if arguments.confirm else Consent(hint=CONFIRM_HINT, ask=ask)
    if isinstance(arguments, EditArguments):
        references, count = _references(msgspec.structs.asdict(arguments)), caller.check_rate
        if count and container.remote_images() and any(map(is_url, references.values())):
            count()  # before anything is fetched
            count = None
        edit = await _edit_request(container, arguments, references, caller.owner)
        async with naming_mask_image(container, caller.owner, references.get("mask"), edit.images):
            return await container.edit_image()(
                edit,
                owner=caller.owner,
                client=caller.client,
                fresh=arguments.fresh,
                key=caller.key,
                retried=caller.retries,
                admit=confirm.admission(consent, count),
            )
    return await container.generate_image()(
        arguments.to_request(),
        owner=caller.owner,
        client=caller.client,
        fresh=arguments.fresh,
        key=caller.key,
        retried=caller.retries,
        admit=confirm.admission(consent, caller.check_rate),
    )


async def _edit_request(
    container: "Container", arguments: EditArguments, references: Mapping[str, str], owner: str
) -> EditRequest:
    opened, faults = await _opened(container, references, owner)
    if len(faults) == 1:
        raise faults[0][1]
    if faults:
        raise InvalidRequest.of([*map(as_fault, faults)])
    mask = opened.pop("mask", None)
    return arguments.to_request(tuple(opened.values()), mask)


def _references(values: Mapping[str, Any]) -> dict[str, str]:
    """The references to images by their fields; values that are no text are left out."""
    images = values.get("images")
    named = {
        f"images[{at}]": each for at, each in enumerate(images if isinstance(images, list) else [])
    }
    named["mask"] = values.get("mask")
    return {field: each for field, each in named.items() if isinstance(each, str) and each}


async def _opened(
    container: "Container", references: Mapping[str, str], owner: str
) -> tuple[dict[str, Image], list[ImageFault]]:
    """Open all of these at once; both results have their order."""
    opened: dict[str, Image] = {}
    faults: list[ImageFault] = []
    works = [_opened_or_error(container, *each, owner) for each in references.items()]
    for field, outcome in zip(references, await asyncio.gather(*works), strict=True):
        if isinstance(outcome, Image):
            opened[field] = outcome
        else:
            faults.append((field, outcome))
    return opened, faults


async def _opened_or_error(
    container: "Container", field: str, reference: str, owner: str
) -> Image | InvalidRequest | NotFound:
    try:
        return await open_reference(reference, field, container, owner)
    except (InvalidRequest, NotFound) as error:
        error.field = error.field or field
        return error


def as_fault(fault: ImageFault) -> InvalidRequest:
    """The error as one of several faults of a request."""
    field, error = fault
    if isinstance(error, InvalidRequest):
        return error
    return UnreadableImage(f"{field}: {error.message}", field=field, hint=error.hint)


async def _style_faults(
    container: "Container", values: Mapping[str, Any]
) -> Sequence[InvalidRequest]:
    """What is wrong with the name of a style; the use cases refuse one that has faults."""
    try:
        if isinstance(name := values.get("style"), str):
            find_style(await container.list_styles()(), name)
    except InvalidRequest as error:
        return [error]
    return []


def _option_faults(reading: Reading[Any]) -> list[InvalidRequest]:
    """What is wrong with options that are valid one by one."""
    wrong = {fault.field for fault in reading.faults}
    valid = {
        name: value
        for name, value in reading.values.items()
        if name not in wrong and name not in ("images", "mask")
    }
    try:
        msgspec.convert({"prompt": "x", **valid}, GenerateArguments).to_request()
    except InvalidRequest as error:
        return [error]
    return []
