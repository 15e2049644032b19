"""What clients receive, the same for every entry point."""

from typing import Annotated, Literal, Self

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from domain.results import Usage


class TokenUsage(Struct, kw_only=True, rename="camel", omit_defaults=True):
    """Tokens that the provider counted: those of image models, and of the model that calls one."""

    text_in: int
    image_in: int
    out: int
    mainline_in: int | UnsetType = UNSET
    mainline_out: int | UnsetType = UNSET

    @classmethod
    def of(cls, usage: Usage) -> Self:
        """The same for programs; what was not counted is left out."""
        mainline = usage.mainline
        return cls(
            text_in=usage.text_tokens_in,
            image_in=usage.image_tokens_in,
            out=usage.tokens_out,
            mainline_in=mainline.tokens_in if mainline else UNSET,
            mainline_out=mainline.tokens_out if mainline else UNSET,
        )

    def __str__(self) -> str:
        """The same in words."""
        own = f"{self.text_in:,} text and {self.image_in:,} image in, {self.out:,} out"
        if self.mainline_in is UNSET or self.mainline_out is UNSET:
            return own
        return f"{own}; language model {self.mainline_in:,} in, {self.mainline_out:,} out"


Source = Annotated[
    Literal["upload"], Meta(description="Present if it is an input image that was uploaded.")
]
Shown = Literal["full", "preview", "none"]


class RenditionEntry(Struct, kw_only=True, rename="camel", omit_defaults=True):
    """The requested form of an image, if the provider returned another one."""

    path: str | UnsetType = UNSET
    format: str
    width: int
    height: int
    bytes: int
    how: str


class ImageEntry(Struct, kw_only=True, rename="camel", omit_defaults=True):
    """One image of a result."""

    id: Annotated[str, Meta(description="Pass it to edit_image to change this image.")]
    path: (
        Annotated[str, Meta(description="The file; omitted if the image could not be stored.")]
        | UnsetType
    ) = UNSET
    url: Annotated[str, Meta(description="The image's URL; over HTTP only.")] | UnsetType = UNSET
    format: str
    width: int
    height: int
    bytes: int
    shown: Annotated[
        Shown,
        Meta(description="How the image, or its rendition, is included in this result."),
    ]
    rendition: (
        Annotated[
            RenditionEntry, Meta(description="The requested format, if the original has another.")
        ]
        | UnsetType
    ) = UNSET
    notes: list[str] | UnsetType = UNSET


class TierEntry(Struct, kw_only=True, rename="camel"):
    """The state of one tier of the cache; live entries only."""

    tier: str
    entries: int
    bytes: int
    max_bytes: int
    ttl_seconds: float
    hits: int
    misses: int
    evictions: int


class CacheStatsResult(Struct, kw_only=True):
    """The structured result of cache_stats."""

    tiers: list[TierEntry]


class ClearCacheResult(Struct, kw_only=True):
    """The structured result of clear_cache. Stored images are not counted and not deleted."""

    entries: int
    bytes: int


class ImagesResult(Struct, kw_only=True, rename="camel", omit_defaults=True):
    """The structured result of generate_image and edit_image, without image data."""

    job_id: str
    images: list[ImageEntry]
    provider: str
    model: str
    asked_model: str
    asked_size: str | UnsetType = UNSET  # if the images have another
    state: (
        Annotated[Literal["painting"], Meta(description="Present while the job is running.")]
        | UnsetType
    ) = UNSET
    made_at: str | UnsetType = UNSET
    conversation_id: str | UnsetType = UNSET
    turn: int | UnsetType = UNSET
    served_from: (
        Annotated[
            str,
            Meta(
                description="provider; joined (an equal running request); archive (the stored "
                "result of this idempotency key); or the cache tier: memory, disk."
            ),
        ]
        | UnsetType
    ) = UNSET
    revised_prompt: str | UnsetType = UNSET
    usage: TokenUsage | UnsetType = UNSET
    cost_usd: float | UnsetType = UNSET  # omitted if unknown: `estimated_usd` is there then
    estimated_usd: float | UnsetType = UNSET
    saved_usd: float | UnsetType = UNSET
    day_spent_usd: float | UnsetType = UNSET
    day_budget_usd: float | UnsetType = UNSET
    request_id: str | UnsetType = UNSET
    notes: list[str] | UnsetType = UNSET
    hints: list[str] | UnsetType = UNSET  # over MCP: what to do next, as in the text


class UploadResult(ImagesResult, kw_only=True, rename="camel", omit_defaults=True):
    """The structured result of get_image for an upload, which has no job, provider and model."""

    source: Source


class ListedImage(Struct, kw_only=True, rename="camel", omit_defaults=True):
    """A stored image. An upload has a name in place of job, prompt and model, and notes."""

    id: str
    source: Source | UnsetType = UNSET
    name: str | UnsetType = UNSET
    job_id: str | UnsetType = UNSET
    path: str | UnsetType = UNSET
    url: str | UnsetType = UNSET
    made_at: str
    prompt: str | UnsetType = UNSET
    model: str | UnsetType = UNSET
    format: str
    width: int | UnsetType = UNSET
    height: int | UnsetType = UNSET
    bytes: int
    notes: list[str] | UnsetType = UNSET


class UploadsResult(Struct, kw_only=True):
    """The images of an upload, in its order."""

    images: list[ListedImage]


class ListedJob(Struct, kw_only=True, rename="camel", omit_defaults=True):
    """A job: `reserved` waits, `dispatched` was sent, `unknown` has no known outcome."""

    job_id: str
    state: Literal["reserved", "dispatched", "stored", "failed", "unknown"]
    action: str
    prompt: str
    model: str
    created_at: str
    changed_at: str
    code: str | UnsetType = UNSET
    message: str | UnsetType = UNSET
    hint: str | UnsetType = UNSET
    charged: Literal["no", "maybe", "yes"] | UnsetType = UNSET
    cost_usd: float | UnsetType = UNSET
    estimated_usd: float | UnsetType = UNSET
    dismissed: bool = False
    images: list[ListedImage] | UnsetType = UNSET


class ListImagesResult(Struct, kw_only=True, rename="camel", omit_defaults=True):
    """The structured result of list_images, newest first. `jobs` has the unsettled ones.

    `olderJobs` is the number of those of unknown outcome that are older than a day.
    """

    images: list[ListedImage]
    jobs: list[ListedJob]
    older_jobs: int = 0
    next_cursor: str | UnsetType = UNSET


class ListJobsResult(Struct, kw_only=True):
    """Jobs, newest first."""

    jobs: list[ListedJob]


class DeleteImageResult(Struct, kw_only=True, omit_defaults=True):
    """The structured result of delete_image. `undo` restores the image `until` a time."""

    id: str
    restored: bool = False
    bytes: int | UnsetType = UNSET
    undo: str | UnsetType = UNSET
    until: str | UnsetType = UNSET


to_json = msgspec.json.Encoder().encode
