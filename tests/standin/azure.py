"""The face of Azure OpenAI: deployments instead of models, `api-key`, and dated versions.

Source of the paths and headers: lib/azure.py of openai 3.54.0, and Microsoft's guide to image
generation, learn.microsoft.com/azure/ai-services/openai/how-to/dall-e, read on 2026-11-28. The
texts of the errors were not compared with the real service.
"""

import re
from dataclasses import dataclass

from tests.standin.calls import Call
from tests.standin.refusals import Refused

DEPLOYMENTS = {"my-flare": "gpt-image-2.6-flare", "studio": "gpt-image-2"}
"""The deployments of the resource, and the model of each."""
TOKEN = "entra-canary-81c2"
"""The beginning of every token of Entra ID that is accepted."""
_DEPLOYED = re.compile(r"/openai/deployments/([^/]+)(/images/(?:generations|edits))")
_V1 = re.compile(r"/openai/v1(/images/(?:generations|edits)|/models)")
_VERSION = re.compile(r"20\d\d-\d\d-\d\d(-preview)?")


@dataclass(frozen=True, slots=True)
class Route:
    """A request: its path at OpenAI, its key, and the model of its deployment.

    `model` is None if the body names the model; `by_deployment` is whether it names a deployment.
    """

    path: str
    key: str
    model: str | None = None
    by_deployment: bool = False

    def served(self, fields: dict[str, object]) -> dict[str, object]:
        """The fields with the model that serves them. A deployment in the path decides."""
        if self.model is not None:
            return {**fields, "model": self.model}
        if self.by_deployment:
            return {**fields, "model": _model_of(str(fields.get("model", "")))}
        return fields


def azure_route(call: Call) -> Route | None:
    """The route of a call to Azure; None for a call to OpenAI. Raises Refused as Azure does."""
    if not call.path.startswith("/openai/"):
        return None
    key = _credential(call)
    deployed, v1 = _DEPLOYED.fullmatch(call.path), _V1.fullmatch(call.path)
    version = call.query.get("api-version")
    if v1 and version in (None, "preview", "latest"):
        return Route(f"/v1{v1[1]}", key, by_deployment=True)
    if version is None or not _VERSION.fullmatch(version):
        raise Refused("Resource not found", code="404", status=404)
    if call.path == "/openai/models":
        return Route("/v1/models", key)
    if deployed is None:
        raise Refused("Resource not found", code="404", status=404)
    return Route(f"/v1{deployed[2]}", key, _model_of(deployed[1]))


def _model_of(deployment: str) -> str:
    if deployment not in DEPLOYMENTS:
        text = (
            "The API deployment for this resource does not exist. If you created the deployment "
            "within the last 5 minutes, please wait a moment and try again."
        )
        raise Refused(text, code="DeploymentNotFound", status=404)
    return DEPLOYMENTS[deployment]


def _credential(call: Call) -> str:
    """The key, or the token; OpenAI's own header with a key counts at v1 only."""
    key = call.headers.get("api-key", "").strip()
    scheme, _, token = call.headers.get("authorization", "").partition(" ")
    is_token = scheme == "Bearer" and token.startswith(TOKEN)
    if key or is_token:
        return key or token
    text = (
        "Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide "
        "a valid key for an active subscription and use a correct regional API endpoint."
    )
    raise Refused(text, code="401", status=401)
