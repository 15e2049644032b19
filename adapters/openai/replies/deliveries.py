"""Turns a reply that was read into what the provider delivers, or into the error that it means."""

from dataclasses import fields

from adapters.openai.network.endpoint import Endpoint
from adapters.openai.refusals.error_body import SEARCHED, page_title, read_error
from adapters.openai.refusals.errors import error_in_reply
from adapters.openai.replies.parsed_reply import ParsedReply
from adapters.openai.replies.reply_images import LinkedImage
from adapters.openai.replies.reply_json import parse_json
from adapters.openai.replies.result_links import NotFetched, ResultLinks
from application.ports.image_provider import Delivered
from domain.errors import ChargeStatus, UnreadableImage
from domain.image import Image
from domain.models import ModelCard
from domain.provider_errors import BadProviderReply, OutcomeUnknown
from domain.results import ResultImage

MAX_ERROR = 1_000_000
"""Bytes of a reply without an image that are searched for a message."""
MAYBE_BILLED = f" {BadProviderReply.default_hint}"
OPEN_LINK = "Open the link within the hour, because such links expire. Do not repeat the call."


def check_says_nothing(reply: ParsedReply, card: ModelCard, endpoint: Endpoint) -> None:
    """Raise the error that a reply without an image is: a page of HTML, or a message."""
    raw = reply.undecodable[0] if reply.undecodable else b""
    title = page_title(raw[:SEARCHED].decode("utf-8-sig", errors="replace"))
    if title:
        quoted = title if title == "a page" else f"a page, “{title}”,"
        raise _without_image(
            reply,
            f"{endpoint.title} answered with {quoted} instead of an image.",
            endpoint.address_hint + MAYBE_BILLED,
        )
    value = _json(raw)
    if not read_error(value).message:
        return
    error = error_in_reply(value, card, endpoint)
    if isinstance(error, OutcomeUnknown):  # the reply is complete
        text = f"{endpoint.title} answered without an image: {read_error(value).message}"
        raise _without_image(reply, text, None)
    error.request_id = reply.request_id
    raise error


def _json(raw: bytes) -> object:
    """The object with a message that a reply is, or None."""
    try:
        value = parse_json(raw) if len(raw) <= MAX_ERROR else None
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _without_image(reply: ParsedReply, text: str, hint: str | None) -> BadProviderReply:
    error = BadProviderReply(text, raw_remainder=reply.undecodable)
    error.hint = error.hint if hint is None else hint
    error.request_id = reply.request_id
    if reply.usage is not None:
        error.charged = ChargeStatus.YES
    return error


async def with_linked_images(
    reply: ParsedReply, links: ResultLinks, endpoint: Endpoint, *, deadline: float
) -> Delivered:
    """The reply with the images that it links to.

    A link that cannot be fetched is in a note. If the reply has no image at all then, the links are
    in the BadProviderReply: the images were generated and charged.
    """
    images, failed = list(reply.images), dict[str, str]()
    undecodable = list(reply.undecodable)
    for linked in reply.linked:
        image, reason = await _fetched(linked, links, deadline)
        if reason:
            failed[links.absolute(linked.links[0])] = reason
        if linked.instead is not None and image is not linked.instead:
            undecodable.append(linked.instead.data)
        images += [] if image is None else [ResultImage(image=image)]
    if failed and not images:
        raise _only_links(reply, failed, undecodable, endpoint)
    facts = {each.name: getattr(reply, each.name) for each in fields(Delivered)}
    notes = [
        f"An image was not fetched, because {why}: {link} {OPEN_LINK}"
        for link, why in failed.items()
    ]
    changed = {"images": tuple(images), "undecodable": tuple(undecodable)}
    return Delivered(**{**facts, **changed, "notes": (*reply.notes, *notes)})


async def _fetched(
    linked: LinkedImage, links: ResultLinks, deadline: float
) -> tuple[Image | None, str]:
    """The first image under the links, and no reason; else the data in its place, and why."""
    reason = ""
    for link in linked.links:
        try:
            image = Image(await links.fetch(link, deadline=deadline))
        except NotFetched as error:
            reason = reason or str(error)
            continue
        if _is_image(image):
            return image, ""
        reason = reason or "it is no PNG, JPEG or WebP image"
    instead = linked.instead
    return (instead if instead is not None and _is_image(instead) else None), reason


def _is_image(image: Image) -> bool:
    try:
        return bool(image.format)
    except UnreadableImage:
        return False


def _only_links(
    reply: ParsedReply, failed: dict[str, str], undecodable: list[bytes], endpoint: Endpoint
) -> BadProviderReply:
    reasons = ", ".join(dict.fromkeys(failed.values()))
    text = (
        f"{endpoint.title} generated the image and sent a link, which was not fetched: {reasons}."
    )
    error = BadProviderReply(
        f"{text} {' '.join(failed)}",
        raw_remainder=[*undecodable, "\n".join(failed).encode(errors="replace")],
    )
    error.links = tuple(failed)
    error.hint = OPEN_LINK
    error.charged = ChargeStatus.YES
    error.request_id = reply.request_id
    return error
