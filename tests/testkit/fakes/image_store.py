"""An image store that is empty again when the process ends."""

from collections.abc import Collection, Mapping

from domain.image import Image, StoredRef


class MemoryImageStore:
    """An ImageStore in memory. `stored`, `renditions` and `trashed` have the images by ref."""

    def __init__(self) -> None:
        self.stored: dict[str, Image] = {}
        self.renditions: dict[str, Image] = {}
        self.trashed: dict[str, Image] = {}
        self.quarantined: list[bytes] = []

    async def check_writable(self) -> None:
        return

    async def put(
        self, image: Image, /, *, title: str = "", derived_from: str | None = None
    ) -> StoredRef:
        if derived_from is None:
            ref = f"kept/{image.id}.{image.format.extension}"
            self.stored[ref] = image
        else:
            stem = derived_from.partition(".")[0]
            ref = f"{stem}-{image.digest[:8]}.{image.format.extension}"
            self.renditions[ref] = image
        return StoredRef(ref=ref)

    async def get(self, ref: str, /, *, size: int | None = None) -> Image | None:
        image = (self.stored | self.renditions).get(ref)
        return image if image is None or size in (None, len(image.data)) else None

    async def find(self, image_id: str, /) -> StoredRef | None:
        refs = (ref for ref, image in self.stored.items() if image.id == image_id)
        return next((StoredRef(ref=ref) for ref in refs), None)

    async def sizes(self, refs: Collection[str], /, *, trashed: bool = False) -> Mapping[str, int]:
        found = self.trashed if trashed else self.stored | self.renditions
        return {ref: _size(_family(found, ref)) for ref in refs}

    async def delete(self, refs: Collection[str], /) -> int:
        freed = sum((await self.sizes(refs)).values())
        for ref in refs:
            self._take(ref)
        return freed

    async def trash(self, refs: Collection[str], /) -> int:
        moved = sum((await self.sizes(refs)).values())
        for ref in refs:
            self.trashed |= self._take(ref)
        return moved

    async def restore(self, refs: Collection[str], /) -> Mapping[str, StoredRef]:
        for ref in refs:
            for name in _family(self.trashed, ref):
                images = self.stored if name == ref else self.renditions
                images[name] = self.trashed.pop(name)
        return {ref: StoredRef(ref=ref) for ref in refs if ref in self.stored}

    async def empty_trash(self, refs: Collection[str], /) -> int:
        freed = sum((await self.sizes(refs, trashed=True)).values())
        for ref in refs:
            for name in _family(self.trashed, ref):
                del self.trashed[name]
        return freed

    async def quarantine(self, data: bytes, /, *, job_id: str, suffix: str = "bin") -> str:
        self.quarantined.append(data)
        return f"/quarantine/{job_id}-{len(self.quarantined)}.{suffix}"

    async def finish_partial_writes(self, active: Collection[str], /) -> None:
        return

    def _take(self, ref: str) -> dict[str, Image]:
        """Remove the image at this ref and its renditions, and return them."""
        taken = _family(self.stored | self.renditions, ref)
        for name in taken:
            self.stored.pop(name, None)
            self.renditions.pop(name, None)
        return taken


def _family(images: Mapping[str, Image], ref: str) -> dict[str, Image]:
    """The image at this ref and its renditions."""
    stem = ref.partition(".")[0]
    return {name: image for name, image in images.items() if name.startswith(stem)}


def _size(images: Mapping[str, Image]) -> int:
    return sum(len(image.data) for image in images.values())
