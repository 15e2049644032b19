"""Routes for what models there are and what was spent."""

from typing import Annotated

from litestar import route
from litestar.params import QueryParameter

from domain.errors import ArchiveUnavailable
from entrypoints.http.openapi.operation import Operation, json_response
from entrypoints.http.openapi.schema_parts import ref
from entrypoints.http.request_context import GET_AND_HEAD, AnyRequest, container_of
from entrypoints.wire.model_results import ModelsResult, catalog_entries
from entrypoints.wire.usage_results import UsageResult, usage_result

Days = Annotated[
    int, QueryParameter(name="days", ge=1, le=3660, description="Days, including today.")
]


@route(
    "/models",
    http_method=GET_AND_HEAD,
    operation=Operation(
        tag="Models and costs", responses={200: json_response("The models.", ref("ModelsResult"))}
    ),
)
async def list_models(request: AnyRequest) -> ModelsResult:
    """The models: sizes, qualities, prices and shutdown dates. No provider is called."""
    return ModelsResult(models=catalog_entries(container_of(request).list_models()()))


@route(
    "/usage",
    http_method=GET_AND_HEAD,
    operation=Operation(
        tag="Models and costs",
        responses={200: json_response("The spending.", ref("UsageResult"))},
        refusals=(ArchiveUnavailable,),
    ),
)
async def get_usage(request: AnyRequest, days: Days = 30) -> UsageResult:
    """Spending and savings by day and model, and what is left of each budget.

    The figures are of all callers that share the records, and of all their tokens.
    """
    return usage_result(await container_of(request).report_usage()(days))
