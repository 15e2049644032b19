"""The tools as clients see them."""

from mcp_types import Tool, ToolAnnotations

from entrypoints.wire.inputs import (
    DeleteArguments,
    EditArguments,
    GenerateArguments,
    GetArguments,
    ListArguments,
    NoArguments,
)
from entrypoints.wire.json_schema import json_schema
from entrypoints.wire.outputs import CacheStatsResult, ClearCacheResult, ImagesResult

GENERATES = ToolAnnotations(
    read_only_hint=False, destructive_hint=False, idempotent_hint=False, open_world_hint=True
)

READS = ToolAnnotations(
    read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False
)
CLEARS = ToolAnnotations(
    read_only_hint=False, destructive_hint=True, idempotent_hint=True, open_world_hint=False
)

TOOLS = (
    Tool(
        name="generate_image",
        title="Generate an image",
        description="Paint new pictures from words with a GPT Image model. Costs money. The "
        "answer shows the picture and gives its id and file path.",
        input_schema=json_schema(GenerateArguments),
        output_schema=json_schema(ImagesResult),
        annotations=GENERATES,
    ),
    Tool(
        name="edit_image",
        title="Edit images",
        description="Change or combine pictures as told in words, everywhere or only where a "
        "mask is transparent. Costs money. Refer to earlier pictures by their img_… ids.",
        input_schema=json_schema(EditArguments),
        output_schema=json_schema(ImagesResult),
        annotations=GENERATES,
    ),
    Tool(
        name="get_image",
        title="Get an image",
        description="Have the pictures of a job that was not done in time, or one picture again. "
        "Costs nothing.",
        input_schema=json_schema(GetArguments),
        annotations=READS,
    ),
    Tool(
        name="list_images",
        title="List images",
        description="The latest pictures, and jobs that are not done or of unknown outcome.",
        input_schema=json_schema(ListArguments),
        annotations=READS,
    ),
    Tool(
        name="delete_image",
        title="Delete an image",
        description="Delete a picture's files for good.",
        input_schema=json_schema(DeleteArguments),
        annotations=CLEARS,
    ),
    Tool(
        name="clear_cache",
        title="Clear the image cache",
        description="Forget answers that are kept for equal requests. Pictures on disk stay.",
        input_schema=json_schema(NoArguments),
        output_schema=json_schema(ClearCacheResult),
        annotations=CLEARS,
    ),
    Tool(
        name="cache_stats",
        title="Image cache statistics",
        description="What the cache holds, in memory and on disk, and how often it helped.",
        input_schema=json_schema(NoArguments),
        output_schema=json_schema(CacheStatsResult),
        annotations=READS,
    ),
)
