"""Use case: how an image was requested, so that it can be requested again."""

from dataclasses import dataclass

from application.image_library import ImageLibrary
from application.ports.job_repository import JobRepository
from application.use_cases.list_models import ListModels
from domain.errors import NotFound
from domain.job_records import JobRecord, OwnedImage
from domain.jobs import LOCAL

USE_IT = "Pass its ID as an input image of a new call."


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageRecipe:
    """The job that delivered an image, with its recipe, if that was recorded.

    `model` selects the model that made the image, at the same provider, if that is set up.
    `missing` are the IDs of its input images that this owner has not stored, or no longer.
    """

    image_id: str
    record: JobRecord
    model: str
    missing: frozenset[str] = frozenset()


class GetRecipe:
    """Reads the records, and no image."""

    def __init__(
        self, records: JobRepository, library: ImageLibrary, list_models: ListModels
    ) -> None:
        self.records = records
        self.library = library
        self.list_models = list_models

    async def __call__(self, image_id: str, /, *, owner: str = LOCAL) -> ImageRecipe:
        """Return the recipe of the newest job that delivered this owner's image.

        Raises NotFound and ArchiveUnavailable.
        """
        record = await self.records.by_image(image_id, owner=owner)
        if record is None:
            owned = OwnedImage(image_id, owner)
            if await self.records.image_refs(owned):
                raise NotFound(f"{image_id} was uploaded: no call made it.", hint=USE_IT)
            raise await self.library.missing(owned)
        recipe = record.recipe
        inputs = {*recipe.images, recipe.mask} - {None} if recipe else set[str]()
        missing = {
            each
            for each in inputs
            if each and not await self.records.image_refs(OwnedImage(each, owner))
        }
        model = self.list_models().catalog.name_of(record.provider, record.model)
        return ImageRecipe(
            image_id=image_id, record=record, model=model, missing=frozenset(missing)
        )
