"""Small real values to test with."""

from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import PIL.Image

from domain.image import Image
from domain.jobs import Job
from domain.models import ModelCard
from domain.requests import GenerateRequest, ImageRequest
from entrypoints.config.settings import Settings


def small_image(
    color: str = "teal", size: tuple[int, int] = (8, 8), form: str = "PNG", mode: str = "RGB"
) -> Image:
    """A small real image of one color."""
    out = BytesIO()
    PIL.Image.new(mode, size, color).save(out, form)
    return Image(out.getvalue())


def mask(size: tuple[int, int] = (8, 8)) -> Image:
    """A mask whose left half is to be edited."""
    out = BytesIO()
    whole = PIL.Image.new("RGBA", size, (0, 0, 0, 255))
    whole.paste((0, 0, 0, 0), (0, 0, size[0] // 2, size[1]))
    whole.save(out, "PNG")
    return Image(out.getvalue())


PNG = small_image()


def settings_in(folder: Path, **values: Any) -> Settings:  # noqa: ANN401 - fields of Settings
    """Settings that ignore the environment and put every file below `folder`."""
    return Settings.model_validate(
        {
            "output_dir": folder / "images",
            "data_dir": folder / "data",
            "cache_dir": folder / "cache",
            **values,
        }
    )


def job_for(request: ImageRequest | None = None, **facts: Any) -> Job[Any]:  # noqa: ANN401 - fields of Job
    """A job as the job service makes it."""
    return Job(
        **{
            "id": "job_1",
            "owner": "local",
            "provider": "fake",
            "request": request or GenerateRequest(prompt="a red bridge", model="fake-1"),
            "card": ModelCard(name="fake-1"),
            "requested_model": "fake-1",
            "fingerprint": "0" * 64,
            "created_at": datetime(2026, 11, 22, 12, tzinfo=UTC),
            **facts,
        }
    )
