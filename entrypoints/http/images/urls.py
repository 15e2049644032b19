"""Where pictures are found over HTTP, in what clients are told of them."""

from collections.abc import Mapping
from typing import Any

import msgspec
import pybase64

from domain.image import Image
from domain.renditions import rendition_for
from domain.requests import ImageRequest
from domain.results import ImageResult, ResultImage
from entrypoints.wire.image_results import structured_report
from entrypoints.wire.outputs import ListedImage, ListedJob, ListImagesResult, Shown


class ImageUrls:
    """Links below `base`, the server's own address without a slash at the end."""

    def __init__(self, base: str) -> None:
        self._base = base

    def image(self, picture: ResultImage | ListedImage) -> str:
        """The picture as the provider sent it."""
        return f"{self._base}/images/{picture.id}"

    def report(
        self, images: ImageResult, asked: ImageRequest | None = None, *, inline: bool = False
    ) -> dict[str, Any]:
        """A finished job for programs, with links to its pictures, and with `inline` their bytes.

        A picture that could not be stored has no links and is always inline: there is no other
        way to it. `asked` is what the caller asked for, where that may be another form.
        """
        shown = [inline or not picture.location for picture in images.images]
        report = self.facts(images, ["full" if each else "none" for each in shown], asked)
        for entry, picture, here in zip(report["images"], images.images, shown, strict=True):
            if here:
                entry["data"] = _text(picture.delivered)
        return report

    def facts(
        self, images: ImageResult, shown: list[Shown], asked: ImageRequest | None = None
    ) -> dict[str, Any]:
        """The same without the bytes, of which as much is `shown` elsewhere."""
        result = structured_report(images)
        for listed, how in zip(result.images, shown, strict=True):
            listed.shown = how
        report: dict[str, Any] = msgspec.to_builtins(result)
        for entry, picture in zip(report["images"], images.images, strict=True):
            if picture.location:
                entry |= self._links(picture)
            if picture.location and picture.rendition and asked and _can_be_had(picture, asked):
                form = picture.rendition.image.format
                entry["rendition"]["url"] = f"{self.image(picture)}?format={form}"
        return report

    def listing(self, listed: ListImagesResult) -> dict[str, Any]:
        """Pictures of before for programs, with links to those that are stored."""
        return {
            "images": [self._listed(image) for image in listed.images],
            "jobs": [self.job(job) for job in listed.jobs],
        }

    def job(self, job: ListedJob) -> dict[str, Any]:
        """A job for programs, with links to its pictures."""
        told: dict[str, Any] = msgspec.to_builtins(job)
        if job.images:
            told["images"] = [self._listed(image) for image in job.images]
        return told

    def _listed(self, image: ListedImage) -> dict[str, Any]:
        told: dict[str, Any] = msgspec.to_builtins(image)
        return told | self._links(image) if image.path else told

    def _links(self, picture: ResultImage | ListedImage) -> dict[str, str]:
        url = self.image(picture)
        return {"url": url, "previewUrl": f"{url}/preview", "thumbUrl": f"{url}/thumb"}


def image_urls_of(scope: Mapping[str, Any], public_url: str | None) -> ImageUrls:
    """Links below PUBLIC_URL, or else below what the client of this ASGI scope called us by."""
    if public_url:
        return ImageUrls(public_url.rstrip("/"))
    host = next((value for name, value in scope["headers"] if name == b"host"), b"")
    return ImageUrls(f"{scope['scheme']}://{host.decode('latin-1')}")


def _can_be_had(picture: ResultImage, asked: ImageRequest) -> bool:
    """Whether the same rendition is made where only its format is named."""
    spec = rendition_for(asked, picture.image)
    return spec is not None and spec.compression is None


def _text(image: Image) -> str:
    return pybase64.b64encode_as_string(image.data)
