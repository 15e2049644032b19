"""What a resource is: what clients read about it, and the function that reads it."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

from mcp.shared.uri_template import UriTemplate
from mcp_types import BlobResourceContents, Resource, ResourceTemplate, TextResourceContents

from entrypoints.mcp.resource_request import ResourceRequest

Values = Mapping[str, str]
"""The variables of a URI template, by their names."""
Contents = list[TextResourceContents | BlobResourceContents]
Read = Callable[[ResourceRequest, Values], Awaitable[Contents]]
"""May raise any ImageServiceError; NotFound if no resource has these values."""
Suggest = Callable[[ResourceRequest, str, Values], Awaitable[Sequence[str]]]
"""Values of a variable that suit a text, given the values of other variables."""
JSON = "application/json"


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceSpec:
    """One kind of resource. `uri` is a template of RFC 6570, or a URI without variables.

    `media_type` is None if it differs between resources of this kind. `suggest` completes
    variables, by their names.
    """

    name: str
    title: str
    description: str
    uri: str
    media_type: str | None = None
    read: Read
    suggest: Mapping[str, Suggest] = field(default_factory=dict)

    @property
    def is_template(self) -> bool:
        """Whether the URI has variables."""
        return "{" in self.uri

    def match(self, uri: str) -> Values | None:
        """The values of the variables in a URI; None if it is not of this kind."""
        found = UriTemplate.parse(self.uri).match(uri)
        return None if found is None else {name: str(value) for name, value in found.items()}

    def describe(self) -> Resource:
        """The entry in `resources/list` of a resource without variables."""
        return Resource(
            uri=self.uri,
            name=self.name,
            title=self.title,
            description=self.description,
            mime_type=self.media_type,
        )

    def describe_template(self) -> ResourceTemplate:
        """The entry in `resources/templates/list`."""
        return ResourceTemplate(
            uri_template=self.uri,
            name=self.name,
            title=self.title,
            description=self.description,
            mime_type=self.media_type,
        )
