"""What clients send, the same for every entry point: the source of schemas and validation."""

from typing import Annotated, Any, Literal, TypeVar

from msgspec import UNSET, Meta, Struct, UnsetType

from domain.conversations import (
    MAX_CONTEXT_TURNS,
    MAX_ID_CHARACTERS,
    ConversationId,
    ConversationOptions,
)
from domain.delivery_sizes import DeliverySize
from domain.errors import InvalidRequest
from domain.image import Image
from domain.image_formats import Dimensions, ImageFormat
from domain.requests import (
    MAX_IMAGES_OF_TOOLS,
    MAX_INPUT_IMAGES,
    MAX_PARTIALS,
    MAX_PROMPT_CHARACTERS,
    Background,
    EditRequest,
    GenerateRequest,
    ImageRequest,
    Moderation,
    Quality,
)
from domain.size_words import SizeInWords
from entrypoints.wire.argument_specs import DELIVERY, IMAGE, SIZE

R = TypeVar("R", bound=ImageRequest)

Prompt = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=MAX_PROMPT_CHARACTERS,
        description="What to generate or change.",
    ),
]
Size = Annotated[
    str,
    Meta(
        pattern="^(auto|square|landscape|portrait|hd|[24]k|[1-9][0-9.]*[:x][1-9][0-9.]*)$",
        description="auto, square, landscape, portrait, a ratio (16:9), hd, 2k, 4k or "
        "WIDTHxHEIGHT; the model's nearest size is used.",
        extra=SIZE,
    ),
]
Reference = Annotated[
    str,
    Meta(
        min_length=1,
        description="An img_… ID (best), last, base64, a data: URL, or over stdio a file's path.",
        extra=IMAGE,
    ),
]

Detail = Literal["preview", "full", "link"]
"""How much of an image a result includes."""
DetailArgument = Annotated[
    Detail,
    Meta(description="How to return the images."),
]


Deliver = Annotated[str, Meta(pattern="^\\d+x\\d+( cover)?$", extra=DELIVERY)]
ConversationName = Annotated[str, Meta(min_length=1, max_length=MAX_ID_CHARACTERS)]
RENAMED = {
    "partial_images": "partialImages",
    "conversation_id": "conversationId",
    "use_context": "useContext",
    "max_context_entries": "maxContextEntries",
}


class SharedOptions(Struct, kw_only=True, forbid_unknown_fields=True, rename=RENAMED):
    """Options of generating and of editing."""

    quality: Annotated[
        Literal["low", "medium", "high", "xhigh", "max", "auto"],
        Meta(description="Higher costs more; xhigh and max need a 2.5 or newer model."),
    ] = "auto"
    format: Annotated[
        Literal["png", "jpeg", "webp", "avif", "auto"],
        Meta(description="auto picks a compact one."),
    ] = "png"
    background: Annotated[
        Literal["transparent", "opaque", "auto"],
        Meta(description="transparent excludes jpeg."),
    ] = "auto"
    output_compression: (
        Annotated[
            int,
            Meta(
                ge=0,
                le=100,
                description="For jpeg, webp and avif; default: by quality.",
            ),
        ]
        | UnsetType
    ) = UNSET
    moderation: Annotated[
        Literal["auto", "low"], Meta(description="Strictness of the provider's filter.")
    ] = "auto"
    n: Annotated[int, Meta(ge=1, le=MAX_IMAGES_OF_TOOLS, description="Number of images.")] = 1
    partial_images: (
        Annotated[
            int,
            Meta(
                ge=1,
                le=MAX_PARTIALS,
                description="Previews; each costs more.",
            ),
        ]
        | UnsetType
    ) = UNSET
    stream: Annotated[bool, Meta(description="Report progress; free.")] = False
    model: (
        Annotated[
            str, Meta(min_length=1, max_length=100, description="Omit for the default model.")
        ]
        | UnsetType
    ) = UNSET
    fallback: (
        Annotated[
            str, Meta(max_length=100, description="Model to ask if the first fails uncharged.")
        ]
        | UnsetType
    ) = UNSET
    style: (
        Annotated[
            str,
            Meta(
                min_length=1,
                max_length=40,
                description="Style of a series; a wrong name lists all.",
            ),
        ]
        | UnsetType
    ) = UNSET
    conversation_id: (
        Annotated[ConversationName, Meta(description="Name of a new or earlier one.")] | UnsetType
    ) = UNSET
    use_context: Annotated[bool, Meta(description="Build on its earlier turns.")] = False
    max_context_entries: Annotated[
        int, Meta(ge=1, le=MAX_CONTEXT_TURNS, description="How many of them.")
    ] = 5
    deliver: (
        Annotated[Deliver, Meta(description="Smaller copy: 800x600 or 800x600 cover.")] | UnsetType
    ) = UNSET
    fresh: Annotated[
        bool,
        Meta(description="Ignore cached and running equal requests."),
    ] = False
    detail: DetailArgument | UnsetType = UNSET
    confirm: Annotated[bool, Meta(description="The user agreed to the cost.")] = False

    @property
    def conversation(self) -> ConversationOptions | None:
        """What the arguments say about a conversation; raise InvalidRequest."""
        if self.conversation_id is not UNSET:
            turns = self.max_context_entries if self.use_context else 0
            return ConversationOptions(id=ConversationId(self.conversation_id), context_turns=turns)
        if self.use_context:
            raise InvalidRequest(
                "useContext needs a conversationId.",
                field="useContext",
                hint="Name a conversation in conversationId, or leave useContext out.",
            )
        return None


class NoArguments(Struct, forbid_unknown_fields=True):
    """Arguments of a tool that takes none."""


class ConversationArguments(
    Struct, forbid_unknown_fields=True, rename={"conversation_id": "conversationId"}
):
    """Arguments of get_conversation and clear_conversation."""

    conversation_id: Annotated[ConversationName, Meta(description="Its name.")]


class GenerateArguments(SharedOptions, kw_only=True):
    """Arguments of generate_image."""

    prompt: Prompt
    size: Size = "1024x1024"

    def to_request(self) -> GenerateRequest:
        """Return the domain's request; raise InvalidRequest."""
        return _request(GenerateRequest, self, prompt=self.prompt, **_size(self.size))


class EditArguments(SharedOptions, kw_only=True):
    """Arguments of edit_image."""

    prompt: Prompt
    size: (
        Annotated[
            Size,
            Meta(description="As for generate_image; omit to keep the first image's shape."),
        ]
        | UnsetType
    ) = UNSET
    images: (
        Annotated[
            list[Reference],
            Meta(
                max_length=MAX_INPUT_IMAGES,
                description="Images to edit or combine, the main one first. In a conversation, "
                "omit to edit its last image.",
            ),
        ]
        | UnsetType
    ) = UNSET
    mask: (
        Annotated[
            str,
            Meta(
                min_length=1,
                description="A mask_… ID, or an image in the first one's shape, whose transparent "
                "(or white on black) areas will be edited.",
                extra=IMAGE,
            ),
        ]
        | UnsetType
    ) = UNSET

    def to_request(self, images: tuple[Image, ...], mask: Image | None) -> EditRequest:
        """Return the domain's request; raise InvalidRequest or UnreadableImage."""
        if not images and self.conversation is None:
            raise missing_images(self.images)
        return _request(
            EditRequest,
            self,
            prompt=self.prompt,
            **({"size": None} if self.size is UNSET else _size(self.size)),
            keep_shape=self.size is UNSET,
            images=images,
            mask=mask,
        )


def missing_images(images: object) -> InvalidRequest:
    """The error for an edit without images outside a conversation."""
    return InvalidRequest(
        "images must not be empty." if images == [] else "images is required.",
        field="images",
        hint="Send 1 to 16 images to edit or combine. Only in a conversation they can be left "
        "out: its last image is edited then.",
    )


def _size(text: str) -> dict[str, Any]:
    """The fields of a request for a size: in pixels, in words, or none for `auto`."""
    words = SizeInWords.parse(text)
    pixels = None if words or text == "auto" else Dimensions.parse(text)
    return {"size": pixels, "size_in_words": words}


def _request(kind: type[R], options: SharedOptions, **rest: Any) -> R:  # noqa: ANN401 - fields of `kind`
    return kind(
        model=options.model or None,
        quality=Quality(options.quality),
        format=None if options.format == "auto" else ImageFormat(options.format),
        background=Background(options.background),
        output_compression=None
        if options.output_compression is UNSET
        else options.output_compression,
        moderation=Moderation(options.moderation),
        n=options.n,
        partial_images=options.partial_images or 0,
        style=options.style or None,
        fallback=options.fallback or None,
        deliver=DeliverySize.parse(options.deliver) if options.deliver else None,
        conversation=options.conversation,
        **rest,
    )
