"""The URLs of stored images, and results with those URLs in them."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any
from urllib.parse import urlencode, urlsplit

import msgspec
import pybase64

from domain.renditions import rendition_for
from domain.requests import ImageRequest
from domain.results import ImageResult, ResultImage
from entrypoints.config.http_settings import HttpSettings
from entrypoints.http.security.link_signer import LinkSigner, LinkTarget
from entrypoints.http.security.link_state import link_of
from entrypoints.wire.image_results import LinkedImage, structured_report
from entrypoints.wire.outputs import ListedImage, ListedJob, ListImagesResult, Shown

UNFINISHED = ("reserved", "dispatched")
Sign = Callable[[str, str], dict[str, str]]
"""The query parameters that open a path, with a value of `deliver` or none, without the token."""


def _unsigned(_path: str, _deliver: str) -> dict[str, str]:
    return {}


class ImageUrls:
    """URLs below `base`, the server's own address without a slash at the end.

    `paths`: whether results also have the paths of files, for clients of this machine. `sign` signs
    links; without it, links are plain URLs.
    """

    def __init__(self, base: str, *, paths: bool, sign: Sign = _unsigned) -> None:
        self._base = base
        self._paths = paths
        self._sign = sign

    def socket(self, path: str, parameters: Mapping[str, str]) -> str:
        """The address of a WebSocket of the server, with these query parameters."""
        query = f"?{urlencode(parameters)}" if parameters else ""
        return f"ws{self._base.removeprefix('http')}{path}{query}"

    def image(self, image: LinkedImage) -> str:
        """The image as the provider returned it, at the URL that needs the token."""
        return f"{self._base}/images/{image.id}"

    def mask(self, mask_id: str) -> str:
        """A mask, at the URL that needs the token."""
        return f"{self._base}/masks/{mask_id}"

    def link(self, image: LinkedImage) -> str:
        """A URL that opens the same image without a header, also where there is a token."""
        return self._link(f"/images/{image.id}")

    def preview(self, image: LinkedImage) -> str:
        """A link to the image with at most 1024 pixels on a side."""
        return self._link(f"/images/{image.id}/preview")

    def events(self, job_id: str) -> str:
        """A link to the events of a job."""
        return self._link(f"/jobs/{job_id}/events")

    @property
    def base_path(self) -> str:
        """The path of the server's own address: empty, unless PUBLIC_URL has one."""
        return urlsplit(self._base).path

    def delivered(self, image: ResultImage) -> str:
        """The link of a stored image in the format in which the caller gets it."""
        if image.rendition is None:
            return self.link(image)
        return self._link(f"/images/{image.id}", {"format": image.rendition.image.format.value})

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
                form = {"format": image.rendition.image.format.value}
                if requested.deliver:
                    form["deliver"] = str(requested.deliver)
                entry["rendition"]["url"] = self._link(f"/images/{image.id}", form)
        return report

    def listing(self, listed: ListImagesResult) -> dict[str, Any]:
        """Earlier images as JSON, with the URLs of those that are stored."""
        fields: dict[str, Any] = msgspec.to_builtins(listed)
        return fields | {
            "images": [self.listed(image) for image in listed.images],
            "jobs": [self.job(job) for job in listed.jobs],
        }

    def list_link(self, limit: int, cursor: str) -> str:
        """The URL of a further page of images."""
        return f"{self._base}/images?limit={limit}&cursor={cursor}"

    def job(self, job: ListedJob) -> dict[str, Any]:
        """A job as JSON, with the URLs of its images, and of its events while it is unfinished."""
        fields: dict[str, Any] = msgspec.to_builtins(job)
        if job.state in UNFINISHED:
            fields["eventsUrl"] = self.events(job.job_id)
        if job.images:
            fields["images"] = [self.listed(image) for image in job.images]
        return fields

    def listed(self, image: ListedImage) -> dict[str, Any]:
        """An image as JSON, with its URLs if it is stored."""
        fields: dict[str, Any] = msgspec.to_builtins(image)
        if not image.path:
            return fields
        if not self._paths:
            del fields["path"]
        return fields | self._urls(image)

    def _urls(self, image: ResultImage | ListedImage) -> dict[str, str]:
        thumb = self._link(f"/images/{image.id}/thumb")
        return {"url": self.link(image), "previewUrl": self.preview(image), "thumbUrl": thumb}

    def _link(self, path: str, form: Mapping[str, str] | None = None) -> str:
        form = form or {}
        query = urlencode({**form, **self._sign(path, form.get("deliver", ""))})
        return f"{self._base}{path}?{query}" if query else f"{self._base}{path}"


def image_urls_of(
    scope: Mapping[str, Any], settings: HttpSettings, signer: LinkSigner | None, owner: str
) -> ImageUrls:
    """URLs below PUBLIC_URL, or else below the Host that this ASGI scope's client used.

    The links of `signer` open what this owner sees. Those in the response to a request that came by
    a link expire with it.
    """
    paths = settings.serves_this_machine_only
    sign = _unsigned if signer is None else partial(_signed, signer, owner, _expiry_of(scope))
    if settings.public_url:
        return ImageUrls(settings.public_url.rstrip("/"), paths=paths, sign=sign)
    host = next((value for name, value in scope["headers"] if name == b"host"), b"")
    base = f"{scope['scheme']}://{host.decode('latin-1')}"
    return ImageUrls(base, paths=paths, sign=sign)


def _signed(
    signer: LinkSigner, owner: str, until: int | None, path: str, deliver: str
) -> dict[str, str]:
    return signer.sign(LinkTarget(owner=owner, path=path, deliver=deliver), until=until)


def _expiry_of(scope: Mapping[str, Any]) -> int | None:
    link = link_of(scope)
    return link.expires if link else None


def _has_url(image: ResultImage, requested: ImageRequest) -> bool:
    """Whether `?format=` and `deliver` alone make the same rendition."""
    spec = rendition_for(requested, image.image)
    return spec is not None and spec.compression is None
