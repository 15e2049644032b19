"""An image store that is empty again when the process ends."""

from collections.abc import Collection, Mapping

from domain.image import Image, StoredRef


class MemoryImageStore:
    """An ImageStore in memory. `stored` and `renditions` have the images by ref."""

    def __init__(self) -> None:
        self.stored: dict[str, Image] = {}
        self.renditions: dict[str, Image] = {}
        self.quarantined: list[bytes] = []

    async def check_writable(self) -> None:
        return

    async def put(self, image: Image, /, *, derived_from: str | None = None) -> StoredRef:
        if derived_from is None:
            ref = f"kept/{image.id}.{image.format.extension}"
            self.stored[ref] = image
        else:
            ref = f"kept/{derived_from}-{image.digest[:8]}.{image.format.extension}"
            self.renditions[ref] = image
        return StoredRef(ref=ref)

    async def get(self, ref: str, /, *, size: int | None = None) -> Image | None:
        image = (self.stored | self.renditions).get(ref)
        return image if image is None or size in (None, len(image.data)) else None

    async def sizes(self, refs: Collection[str], /) -> Mapping[str, int]:
        return {ref: sum(len(image.data) for image in self._family(ref).values()) for ref in refs}

    async def delete(self, refs: Collection[str], /) -> int:
        freed = sum((await self.sizes(refs)).values())
        for ref in refs:
            for name in self._family(ref):
                self.stored.pop(name, None)
                self.renditions.pop(name, None)
        return freed

    async def quarantine(self, data: bytes, /, *, job_id: str, suffix: str = "bin") -> str:
        self.quarantined.append(data)
        return f"/quarantine/{job_id}-{len(self.quarantined)}.{suffix}"

    async def finish_partial_writes(self, active: Collection[str], /) -> None:
        return

    def _family(self, ref: str) -> dict[str, Image]:
        """The image at this ref and its renditions."""
        stem = ref.partition(".")[0]
        everything = self.stored | self.renditions
        return {name: image for name, image in everything.items() if name.startswith(stem)}
