"""Routes for conversations: list them, show one, clear one."""

from typing import Annotated

from litestar import delete, route
from litestar.openapi.spec import Example
from litestar.params import PathParameter

from domain.conversations import ConversationId
from domain.errors import ArchiveUnavailable, InvalidRequest, NotFound
from entrypoints.http.openapi.operation import Operation, json_response
from entrypoints.http.openapi.schema_parts import ref
from entrypoints.http.request_context import GET_AND_HEAD, AnyRequest, caller_of, container_of
from entrypoints.wire.conversation_results import (
    ClearConversationResult,
    ConversationResult,
    ListConversationsResult,
    cleared_result,
    conversation_result,
    list_result,
)

Id = Annotated[
    str,
    PathParameter(
        description="The conversationId of its requests.", examples=[Example(value="logo-ideas")]
    ),
]


@route(
    "/conversations",
    http_method=GET_AND_HEAD,
    operation=Operation(
        tag="Conversations",
        responses={200: json_response("The newest first.", ref("ListConversationsResult"))},
        refusals=(ArchiveUnavailable,),
    ),
)
async def list_conversations(request: AnyRequest) -> ListConversationsResult:
    """The latest 100 conversations."""
    found = await container_of(request).list_conversations()(owner=caller_of(request).owner)
    return list_result(found)


@route(
    "/conversations/{conversation_id:str}",
    http_method=GET_AND_HEAD,
    operation=Operation(
        tag="Conversations",
        responses={200: json_response("The conversation.", ref("ConversationResult"))},
        refusals=(NotFound, InvalidRequest, ArchiveUnavailable),
    ),
)
async def get_conversation(request: AnyRequest, conversation_id: Id) -> ConversationResult:
    """A conversation with its latest 100 turns, the oldest first."""
    id_ = ConversationId(conversation_id)
    owner = caller_of(request).owner
    return conversation_result(await container_of(request).get_conversation()(id_, owner=owner))


@delete(
    "/conversations/{conversation_id:str}",
    status_code=200,
    operation=Operation(
        tag="Conversations",
        responses={
            200: json_response("The conversation is cleared.", ref("ClearConversationResult"))
        },
        refusals=(NotFound, InvalidRequest, ArchiveUnavailable),
    ),
)
async def clear_conversation(request: AnyRequest, conversation_id: Id) -> ClearConversationResult:
    """Delete all texts of a conversation for good; its images stay."""
    id_ = ConversationId(conversation_id)
    owner = caller_of(request).owner
    cleared = await container_of(request).clear_conversation()(id_, owner=owner)
    return cleared_result(id_, cleared)
