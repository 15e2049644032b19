"""The URLs of stored images, and results with those URLs in them."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import msgspec
import pybase64

from domain.renditions import rendition_for
from domain.requests import ImageRequest
from domain.results import ImageResult, ResultImage
from entrypoints.config.http_settings import HttpSettings
from entrypoints.wire.image_results import structured_report
from entrypoints.wire.outputs import ListedImage, ListedJob, ListImagesResult, Shown


class ImageUrls:
    """URLs below `base`, the server's own address without a slash at the end.

    `paths`: whether results also have the paths of files, for clients of this machine.
    """

    def __init__(self, base: str, *, paths: bool) -> None:
        self._base = base
        self._paths = paths

    def image(self, image: ResultImage | ListedImage) -> str:
        """The image as the provider returned it, at the URL that needs the token."""
        return f"{self._base}/images/{image.id}"

    def link(self, image: ResultImage | ListedImage) -> str:
        """A URL that opens the same image without a header, also where there is a token."""
        return self.image(image)

    @property
    def base_path(self) -> str:
        """The path of the server's own address: empty, unless PUBLIC_URL has one."""
        return urlsplit(self._base).path

    def delivered(self, image: ResultImage) -> str:
        """The link of a stored image in the format in which the caller gets it."""
        link = self.link(image)
        if image.rendition is None:
            return link
        return f"{link}{'&' if '?' in link else '?'}format={image.rendition.image.format}"

    def report(
        self, result: ImageResult, requested: ImageRequest | None = None, *, inline: bool = False
    ) -> dict[str, Any]:
        """A finished job as JSON, with the URLs of its images; with `inline` also their bytes.

        An image that could not be stored has no URL and is always inline. `requested` is the
        caller's own request, whose format may differ.
        """
        inlined = [inline or not image.stored for image in result.images]
        report = self.facts(result, ["full" if each else "none" for each in inlined], requested)
        for entry, image, has_data in zip(report["images"], result.images, inlined, strict=True):
            if has_data:
                entry["data"] = pybase64.b64encode_as_string(image.delivered.data)
        return report

    def facts(
        self, result: ImageResult, shown: list[Shown], requested: ImageRequest | None = None
    ) -> dict[str, Any]:
        """The same without the bytes; `shown` says how much of each image is sent elsewhere."""
        structured = structured_report(result, paths=self._paths)
        for image_entry, how in zip(structured.images, shown, strict=True):
            image_entry.shown = how
        report: dict[str, Any] = msgspec.to_builtins(structured)
        for entry, image in zip(report["images"], result.images, strict=True):
            if image.stored:
                entry |= self._urls(image)
            if image.stored and image.rendition and requested and _has_url(image, requested):
                form = image.rendition.image.format
                size = f"&deliver={requested.deliver}" if requested.deliver else ""
                url = f"{self.image(image)}?format={form}{size}"
                entry["rendition"]["url"] = url.replace(" ", "+")
        return report

    def listing(self, listed: ListImagesResult) -> dict[str, Any]:
        """Earlier images as JSON, with the URLs of those that are stored."""
        fields: dict[str, Any] = msgspec.to_builtins(listed)
        return fields | {
            "images": [self._listed(image) for image in listed.images],
            "jobs": [self.job(job) for job in listed.jobs],
        }

    def list_link(self, limit: int, cursor: str) -> str:
        """The URL of a further page of images."""
        return f"{self._base}/images?limit={limit}&cursor={cursor}"

    def job(self, job: ListedJob) -> dict[str, Any]:
        """A job as JSON, with the URLs of its images."""
        fields: dict[str, Any] = msgspec.to_builtins(job)
        if job.images:
            fields["images"] = [self._listed(image) for image in job.images]
        return fields

    def _listed(self, image: ListedImage) -> dict[str, Any]:
        fields: dict[str, Any] = msgspec.to_builtins(image)
        if not image.path:
            return fields
        if not self._paths:
            del fields["path"]
        return fields | self._urls(image)

    def _urls(self, image: ResultImage | ListedImage) -> dict[str, str]:
        url = self.image(image)
        return {"url": url, "previewUrl": f"{url}/preview", "thumbUrl": f"{url}/thumb"}


def image_urls_of(scope: Mapping[str, Any], settings: HttpSettings) -> ImageUrls:
    """URLs below PUBLIC_URL, or else below the Host that this ASGI scope's client used."""
    paths = settings.serves_this_machine_only
    if settings.public_url:
        return ImageUrls(settings.public_url.rstrip("/"), paths=paths)
    host = next((value for name, value in scope["headers"] if name == b"host"), b"")
    return ImageUrls(f"{scope['scheme']}://{host.decode('latin-1')}", paths=paths)


def _has_url(image: ResultImage, requested: ImageRequest) -> bool:
    """Whether `?format=` and `deliver` alone make the same rendition."""
    spec = rendition_for(requested, image.image)
    return spec is not None and spec.compression is None
