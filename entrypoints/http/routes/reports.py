"""Routes for what models there are and what was spent."""

from typing import Annotated, Literal

from litestar import Response, route
from litestar.params import QueryParameter

from domain.errors import ArchiveUnavailable
from domain.money.usage_breakdown import Dimension
from entrypoints.http.openapi.operation import ApiResponse, Operation, json_response
from entrypoints.http.openapi.schema_parts import STRING, ref
from entrypoints.http.request_context import GET_AND_HEAD, AnyRequest, container_of
from entrypoints.wire.model_results import ModelsResult, catalog_entries
from entrypoints.wire.usage_analysis import UsageAnalysisResult, analysis_csv, analysis_result
from entrypoints.wire.usage_results import UsageResult, usage_result

Days = Annotated[
    int, QueryParameter(name="days", ge=1, le=3660, description="Days, including today.")
]
By = Annotated[Dimension, QueryParameter(name="by", description="What the usage is grouped by.")]
Form = Annotated[
    Literal["json", "csv"],
    QueryParameter(name="format", description="`csv` is a table for spreadsheets."),
]
CSV = "text/csv"


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


@route(
    "/usage/breakdown",
    http_method=GET_AND_HEAD,
    operation=Operation(
        tag="Models and costs",
        responses={
            200: ApiResponse(
                description="The usage.",
                content={
                    "application/json": {"schema": ref("UsageAnalysisResult")},
                    CSV: {"schema": STRING},
                },
                headers={"Content-Disposition": "A file name, for CSV."},
            )
        },
        refusals=(ArchiveUnavailable,),
    ),
)
async def get_usage_breakdown(
    request: AnyRequest, by: By = Dimension.DAY, days: Days = 30, format_: Form = "json"
) -> UsageAnalysisResult | Response[str]:
    """Jobs, costs, savings, cache hits and seconds by day, hour, model, owner, client and so on.

    The figures are of all callers that share the records. What a record does not tell is in the
    group `unknown`.
    """
    analysis = await container_of(request).analyze_usage()(by, days)
    if format_ == "csv":
        name = {"Content-Disposition": f'attachment; filename="usage-by-{by}.csv"'}
        return Response(analysis_csv(analysis), media_type=CSV, headers=name)
    return analysis_result(analysis)
