"""Routes for presets and styles. They read files of the operator, which no request names."""

from typing import Annotated, Any

import msgspec
from litestar import route
from litestar.params import PathParameter

from domain.errors import NotFound
from entrypoints.http.openapi.operation import Operation, json_response
from entrypoints.http.openapi.schema_parts import ref
from entrypoints.http.request_context import GET_AND_HEAD, AnyRequest, container_of
from entrypoints.wire.preset_results import preset_facts, presets_result, styles_result

PresetName = Annotated[str, PathParameter(description="A name from the list, such as logo.")]


@route(
    "/presets",
    http_method=GET_AND_HEAD,
    operation=Operation(
        tag="Presets",
        responses={200: json_response("All presets, by name.", ref("PresetsResult"))},
    ),
)
async def list_presets(request: AnyRequest) -> Any:  # noqa: ANN401 - JSON
    """Prompts to fill in, with the options that suit them, and files that cannot be used."""
    return msgspec.to_builtins(presets_result(await container_of(request).list_presets()()))


@route(
    "/presets/{name:str}",
    http_method=GET_AND_HEAD,
    operation=Operation(
        tag="Presets",
        responses={200: json_response("The preset.", ref("PresetFacts"))},
        refusals=(NotFound,),
    ),
)
async def get_preset(request: AnyRequest, name: PresetName) -> Any:  # noqa: ANN401 - JSON
    """A preset: `$name` in its template is a field, and `$$` a dollar sign.

    A line of the template that names an argument without a value is left out.
    """
    found = await container_of(request).list_presets()()
    if name not in found.by_name:
        raise NotFound(f"There is no preset {name[:80]!r}.", hint=found.names)
    return msgspec.to_builtins(preset_facts(found.get(name)))


@route(
    "/styles",
    http_method=GET_AND_HEAD,
    operation=Operation(
        tag="Presets",
        responses={200: json_response("All styles, by name.", ref("StylesResult"))},
    ),
)
async def list_styles(request: AnyRequest) -> Any:  # noqa: ANN401 - JSON
    """What the argument `style` can name, and files that cannot be used."""
    return msgspec.to_builtins(styles_result(await container_of(request).list_styles()()))
