"""The view in which images are made: a form, and the jobs that it started."""

from typing import Annotated

from litestar import get, post
from litestar.params import PathParameter
from litestar.types import ASGIApp

from application.use_cases.list_models import ModelListing
from domain.image_formats import ImageFormat
from domain.money.budget_errors import ConfirmationRequired
from domain.requests import Quality
from domain.uploads import Upload
from entrypoints.http.access_log import note_outcome
from entrypoints.http.page.forms import arguments_of
from entrypoints.http.page.responses import TO_NOTICES
from entrypoints.http.page.runs import Run, find_run
from entrypoints.http.page.view import Values, View, show
from entrypoints.http.page.views.wall import latest_images
from entrypoints.http.request_context import AnyRequest, caller_of, container_of
from entrypoints.http.startup_banner import sketch_note
from entrypoints.jobs.submit import read_edit, read_generation, submit
from entrypoints.wire.parsing import has_images

SIZES = {
    "1024x1024": "Square",
    "1536x1024": "Landscape",
    "1024x1536": "Portrait",
    "16:9": "Wide, 16:9",
    "9:16": "Tall, 9:16",
    "4k": "4K",
    "auto": "Automatic",
}
SAME_SHAPE = "As the image"
MAX_RUNNING = 20
LATEST = 12
"""Images that are shown before the first request."""
JobId = Annotated[str, PathParameter(description="The ID of a job.")]


async def _values(request: AnyRequest) -> Values:
    container, owner = container_of(request), caller_of(request).owner
    query = request.query_params
    inputs = [
        await _input(request, image_id) for image_id in query.getall("edit", [])[:16] if image_id
    ]
    running = [
        Run(record=record, is_live=True)
        for record in await container.list_jobs()(owner=owner, limit=MAX_RUNNING)
        if record.is_open
    ]
    listing = container.list_models()()
    given = await _given(request, query.get("vary", ""))
    return {
        "inputs": inputs,
        "given": given,
        "runs": running,
        "latest": [] if inputs or running else await latest_images(request, LATEST),
        "models": _model_names(listing),
        "default_model": listing.default.card.name,
        "previews": 2 if listing.default.card.streams else 0,
        "sizes": _sizes(str(given["size"] or ""), has_inputs=bool(inputs)),
        "qualities": [each.value for each in Quality if each is not Quality.AUTO],
        "formats": [each.value for each in ImageFormat if each is not ImageFormat.PNG],
        "sketch_note": sketch_note(container.settings()),
    }


async def _given(request: AnyRequest, image_id: str) -> dict[str, object]:
    """The fields of the call that made this image, to change them. Raises NotFound."""
    given: dict[str, object] = dict.fromkeys(("prompt", "model", "size", "quality"), "")
    if not image_id:
        return given
    owner = caller_of(request).owner
    found = await container_of(request).get_recipe()(image_id, owner=owner)
    recipe = found.record.recipe
    options = dict(recipe.options) if recipe else {}
    prompt = recipe.prompt if recipe and recipe.prompt else found.record.prompt
    return {**given, **options, "prompt": prompt, "model": found.model}


def _sizes(given: str, *, has_inputs: bool) -> dict[str, str]:
    """The sizes to choose from, by what is sent; with the one that was given, if that is another.

    The first one is chosen unless one was given.
    """
    first = {"": SAME_SHAPE} if has_inputs else {}
    return {**first, **SIZES, **({given: given} if given and given not in SIZES else {})}


def _model_names(listing: ModelListing) -> list[str]:
    models = [each for each in listing.catalog.models if not each.card.is_retired(listing.today)]
    return [each.name for each in models]


async def _input(request: AnyRequest, image_id: str) -> dict[str, object]:
    """An image to edit: its ID, its size, and what people recognize it by. Raises NotFound."""
    found = await container_of(request).describe_image()(image_id, owner=caller_of(request).owner)
    record, size = found.record, found.recorded.dimensions or found.image.dimensions
    words = record.name if isinstance(record, Upload) else record.prompt
    return {"id": image_id, "width": size.width, "height": size.height, "words": words or ""}


@post("/page/create/start", status_code=200)
async def start(request: AnyRequest) -> ASGIApp:
    """Submit the form; the job appears, and its events are followed by the page."""
    container, caller = container_of(request), caller_of(request)
    body = _with_possible_previews(await arguments_of(request), container.list_models()())
    read = read_edit(container, body, caller.owner) if has_images(body) else None
    arguments = await (read or read_generation(container, body))
    try:
        handle = await submit(container, arguments, caller)
    except ConfirmationRequired as error:
        return show(request, "create_confirm.html", {"error": error}, headers=TO_NOTICES)
    note_outcome(request.scope, handle)
    run = await find_run(container, handle.job.id, caller.owner)
    return show(request, "create_run.html", {"run": Run(record=run.record, is_live=True)})


def _with_possible_previews(body: dict[str, object], listing: ModelListing) -> dict[str, object]:
    """The form asks for previews by default, so they are left out where the model has none."""
    card = listing.catalog.choose(str(body.get("model") or "") or None, listing.today).card
    is_possible = card.streams and (card.streams_several or body.get("n", 1) == 1)
    return body if is_possible else {k: v for k, v in body.items() if k != "partialImages"}


@get("/page/create/runs/{job_id:str}")
async def show_run(request: AnyRequest, job_id: JobId) -> ASGIApp:
    """A job with what is known of it now."""
    run = await find_run(container_of(request), job_id, caller_of(request).owner)
    return show(request, "create_run.html", {"run": run})


VIEW = View(name="create", title="Create", values=_values, json="jobs", parts=(start, show_run))
