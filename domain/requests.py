"""Image requests: generate a new image, or edit existing ones."""

from dataclasses import dataclass
from enum import StrEnum

from domain.conversations import ConversationContext, ConversationOptions
from domain.delivery_sizes import DeliverySize
from domain.errors import InvalidRequest
from domain.image import Image
from domain.image_formats import Dimensions, ImageFormat
from domain.size_words import SizeInWords
from domain.untrusted_text import is_visible

SQUARE = Dimensions(1024, 1024)

# Today's largest provider limits. The provider's adapter has the sources.
MAX_PROMPT_CHARACTERS = 32_000
MAX_PARTIALS = 3
MAX_INPUT_IMAGES = 16
MAX_INPUT_BYTES = 50_000_000
MAX_MASK_BYTES = 4_000_000
MAX_IMAGES = 10

NO_FALLBACK = "none"

MAX_IMAGES_OF_TOOLS = 4
"""Our own limit where an assistant chooses the number, lower than a provider's."""


class Quality(StrEnum):
    """How much work the model puts into an image; `auto` leaves it to the model."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    XHIGH = "xhigh"
    MAX = "max"
    AUTO = "auto"

    @property
    def compression(self) -> int:
        """The compression where the request has none: 0-100, more is finer."""
        return {Quality.LOW: 60, Quality.MEDIUM: 80, Quality.AUTO: 85}.get(self, 95)


class Background(StrEnum):
    """What is behind the subject; `auto` leaves it to the model."""

    TRANSPARENT = "transparent"
    OPAQUE = "opaque"
    AUTO = "auto"


class Moderation(StrEnum):
    """How strictly the provider filters; `low` is its less restrictive setting."""

    AUTO = "auto"
    LOW = "low"


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageRequest:
    """What generate and edit requests have in common.

    `size` None leaves the size to the model, `model` None the model to the settings, `format`
    None the format to the content of the image. `partial_images` is the number of previews.
    The model's card replaces `size_in_words`, if there is one, by a `size`. `deliver` is the size
    in which the caller gets the images, which are stored as they arrive.
    `conversation` is what the caller says about the conversation, and `context` what it comes to.
    `style` is the name of a style that is not in the request yet: see `Style.apply`. `fallback` is
    the model to ask if the first one's provider fails without a charge, NO_FALLBACK for none, and
    None for that of the settings.
    Raises InvalidRequest if no model could serve the request.
    """

    prompt: str
    model: str | None = None
    size: Dimensions | None = SQUARE
    size_in_words: SizeInWords | None = None
    deliver: DeliverySize | None = None
    quality: Quality = Quality.AUTO
    format: ImageFormat | None = ImageFormat.PNG
    background: Background = Background.AUTO
    output_compression: int | None = None
    moderation: Moderation = Moderation.AUTO
    n: int = 1
    partial_images: int = 0
    conversation: ConversationOptions | None = None
    context: ConversationContext | None = None
    style: str | None = None
    fallback: str | None = None

    def __post_init__(self) -> None:
        if not is_visible(self.prompt):
            raise InvalidRequest(
                "The prompt is empty.", field="prompt", hint="Describe the image that you want."
            )
        _check_encodable("prompt", self.prompt)
        _check_encodable("model", self.model or "")
        _check_encodable("fallback", self.fallback or "")
        _check_encodable("style", self.style or "")
        if len(self.prompt) > MAX_PROMPT_CHARACTERS:
            raise InvalidRequest(
                f"The prompt has {len(self.prompt):,} characters; "
                f"the maximum is {MAX_PROMPT_CHARACTERS:,}.",
                field="prompt",
                hint="Shorten the prompt.",
            )
        _check_range("n", self.n, 1, MAX_IMAGES)
        _check_range("partial_images", self.partial_images, 0, MAX_PARTIALS)
        if self.output_compression is not None:
            _check_range("output_compression", self.output_compression, 0, 100)
        if self.background is Background.TRANSPARENT and self.format is ImageFormat.JPEG:
            raise InvalidRequest(
                "JPEG does not support transparency.",
                field="format",
                hint='Use format "png" or "webp", or another background.',
            )

    @property
    def action(self) -> str:
        """`generate` or `edit`."""
        return "edit" if isinstance(self, EditRequest) else "generate"

    @property
    def prompt_in_context(self) -> str:
        """The prompt with the turns of its context, for a provider that keeps no conversations."""
        return self.prompt if self.context is None else self.context.before(self.prompt)

    @property
    def provider_format(self) -> ImageFormat:
        """The format to request from the provider, one of PROVIDER_FORMATS.

        Where the content decides, the format is known in advance only for transparent backgrounds.
        Anything else is requested as PNG, which loses nothing, and classified when it arrives. So
        is an image for AVIF, which no provider sends.
        """
        if self.format is ImageFormat.AVIF:
            return ImageFormat.PNG
        if self.format is not None:
            return self.format
        transparent = self.background is Background.TRANSPARENT
        return ImageFormat.WEBP if transparent else ImageFormat.PNG

    @property
    def ignored_options(self) -> tuple[str, ...]:
        """A note for each option that cannot have an effect, and is not sent."""
        if self.output_compression is None or self.format is not ImageFormat.PNG:
            return ()
        return ("output_compression means nothing for png, which loses nothing; it was not sent.",)

    @property
    def compression(self) -> int | None:
        """The compression to send: the requested one, else the quality's; None for PNG."""
        if not self.provider_format.has_compression:
            return None
        requested = self.output_compression
        return self.quality.compression if requested is None else requested


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptedRequest(ImageRequest):
    """What is known of a request whose work a provider has accepted: enough to read its outcome.

    Not checked again. The prompt is empty if it was cleared with its conversation.
    """

    accepted_action: str

    def __post_init__(self) -> None:
        return

    @property
    def action(self) -> str:
        """`generate` or `edit`."""
        return self.accepted_action


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerateRequest(ImageRequest):
    """Generate new images."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EditRequest(ImageRequest):
    """Edit or combine 1 to 16 images.

    A request of a conversation may have none: it is for the last image of that conversation. The
    mask marks areas of the first image. With `keep_shape` the model's card replaces `size` by one
    of the first image's shape. Raises InvalidRequest with the name of the image in `field`.
    """

    images: tuple[Image, ...]
    mask: Image | None = None
    keep_shape: bool = False

    def __post_init__(self) -> None:
        ImageRequest.__post_init__(self)
        least = 0 if self.conversation else 1
        if not least <= len(self.images) <= MAX_INPUT_IMAGES:
            raise InvalidRequest(
                f"The number of input images must be between 1 and {MAX_INPUT_IMAGES}, "
                f"not {len(self.images)}.",
                field="images",
            )
        for at, image in enumerate(self.images):
            _check_size(f"images[{at}]", image, MAX_INPUT_BYTES)
        if self.mask is not None:
            _check_size("mask", self.mask, MAX_INPUT_BYTES)


def check_mask_size(mask: Image) -> None:
    """Raise InvalidRequest for a mask of too many bytes to be sent."""
    _check_size("mask", mask, MAX_MASK_BYTES)


def _check_encodable(field: str, text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise InvalidRequest(
            f"{field} contains invalid Unicode (a lone surrogate).",
            field=field,
            hint="Remove the invalid characters.",
        ) from error


def _check_range(field: str, value: int, least: int, most: int) -> None:
    if not least <= value <= most:
        raise InvalidRequest(
            f"{field} must be between {least} and {most}, not {value}.", field=field
        )


def _check_size(field: str, image: Image, most: int) -> None:
    if len(image.data) >= most:
        raise InvalidRequest(
            f"{field} has {len(image.data):,} bytes; it must be under {most:,}.",
            field=field,
            hint="Send a smaller file: scale the image down, or compress it.",
        )
