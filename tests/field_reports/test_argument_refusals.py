"""What hosts, models and people send and no meaning is certain of: refused with what is near."""

from typing import Any

import pytest

from domain.errors import InvalidRequest
from entrypoints.wire.inputs import GenerateArguments
from entrypoints.wire.parsing import parse

ID = f"img_{'5a' * 16}"
N8N = {"toolCallId": "call_1", "sessionId": "s1", "action": "sendMessage", "chatInput": "a fox"}

REFUSED: dict[str, tuple[dict[str, Any], str, str]] = {
    "F01 a slip": ({"sise": "auto", **N8N}, "sise", "Did you mean size?"),
    "a slip with null in other names": ({"qualty": "high"}, "qualty", "Did you mean quality?"),
    "told: quality hd": ({"quality": "hd"}, "quality", "Did you mean high?"),
    "told: quality standard": ({"quality": "standard"}, "quality", "Did you mean medium?"),
    "a misspelt quality": ({"quality": "hihg"}, "quality", "Did you mean high?"),
    "a size in other words": ({"size": "very wide"}, "size", "Did you mean 16:9?"),
    "a size and another word": ({"size": "16:9 poster"}, "size", "Did you mean 16:9?"),
    "a size that contradicts itself": (
        {"size": "portrait, 1536x1024"},
        "size",
        "Did you mean 1536x1024?",
    ),
    "a shape that contradicts itself": ({"size": "square 16:9"}, "size", "Did you mean 16:9?"),
    "two shapes": ({"size": "square or portrait"}, "size", "Did you mean"),
    "a size of nothing": ({"size": "0x0"}, "size", "auto, square, landscape, portrait"),
    "a ratio of nothing": ({"size": "0:0"}, "size", "auto, square, landscape, portrait"),
    "a size in nonsense": ({"size": "huge"}, "size", "auto, square, landscape, portrait"),
    "one side": ({"size": 1024}, "size", "Did you mean 1024x1024?"),
    "format gif": ({"format": "gif"}, "format", "Use one of: auto, avif, jpeg, png, webp."),
    "background none": ({"background": "none"}, "background", "Did you mean transparent?"),
    "moderation none": ({"moderation": "none"}, "moderation", "Use one of: auto, low."),
    "compression none": ({"output_compression": "none"}, "output_compression", "0 to 100"),
    "too many": ({"n": "9"}, "n", "Did you mean 4?"),
    "none at all": ({"n": 0}, "n", "Did you mean 1?"),
    "half an image": ({"n": 1.5}, "n", "Did you mean 2? Number of images. 1 to 4."),
    "a truth value for a number": ({"n": True}, "n", "Did you mean 1? Number of images. 1 to 4."),
    "a number in scientific notation": ({"n": "1e0"}, "n", "Did you mean 1?"),
    "far too many": ({"n": 10**40}, "n", "Did you mean 4?"),
    "a fraction of 100": ({"output_compression": 0.8}, "output_compression", "Did you mean 80?"),
    "more than all": ({"output_compression": "180%"}, "output_compression", "Did you mean 100?"),
    "a word in other words": ({"quality": "high quality"}, "quality", "Did you mean high?"),
    "a member of an enumeration": ({"quality": "Quality.LOW"}, "quality", "Did you mean low?"),
    "a misspelt word of others": ({"quality": "standrad"}, "quality", "Did you mean medium?"),
    "a background of true": ({"background": True}, "background", "Did you mean transparent?"),
    "format heic": ({"format": "heic"}, "format", "Did you mean jpeg?"),
    "moderation off": ({"moderation": "off"}, "moderation", "Did you mean low?"),
    "one number": ({"size": 1.5}, "size", "Did you mean 1.5:1?"),
    "a size with a unit": (
        {"size": {"width": 1024, "height": 1536, "unit": "px"}},
        "size",
        "Did you mean 1024x1536?",
    ),
    "transparent": ({"transparent": True}, "transparent", 'Use background "transparent".'),
    "a query": ({"query": "a fox"}, "query", "Did you mean prompt?"),
    "a long name": ({"conversationId": "c" * 65}, "conversationId", "Name of a new"),
    "a file name": ({"filename": "fox.png"}, "filename", "every image is saved"),
    "too many partials": ({"partialImages": 12}, "partialImages", "Did you mean 3?"),
    "maybe": ({"fresh": "maybe"}, "fresh", "Ignore cached and running equal"),
    "two spellings, two values": (
        {"format": "png", "output_format": "webp"},
        "format",
        "Send format only.",
    ),
    "told: seed": ({"seed": 7}, "seed", "Remove it"),
    "told: response_format": ({"response_format": "b64_json"}, "response_format", "Remove it"),
    "told: negative_prompt": ({"negative_prompt": "red"}, "negative_prompt", "Say in the prompt"),
    "told: user": ({"user": "u1"}, "user", "Remove it"),
    "told: steps": ({"steps": 30}, "steps", "Remove it"),
    "told: guidance": ({"guidance": 7.5}, "guidance", "Remove it"),
    "told: input_fidelity": ({"input_fidelity": "high"}, "input_fidelity", "Remove it"),
    "two sizes": ({"size": "1024x1024", "aspect_ratio": "16:9"}, "size", "Send size only."),
    "images of an edit": ({"images": [ID]}, "images", "call edit_image"),
    "width alone": ({"width": 1024}, "width", "Use size, as WIDTHxHEIGHT."),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_not_certain_is_refused_with_the_nearest_valid_value(case: str) -> None:
    given, field, hint = REFUSED[case]
    with pytest.raises(InvalidRequest) as raised:
        parse(GenerateArguments, {"prompt": "a fox", **given})
    [fault] = raised.value.faults
    assert (fault.field, raised.value.field) == (field, field)
    assert hint in fault.hint


def test_everything_that_is_wrong_is_told_at_once() -> None:
    wrong = {name: (given, field) for name, (given, field, _) in REFUSED.items()}
    together = ("told: quality hd", "told: steps", "told: seed", "a size in nonsense", "too many")
    given = {name: value for case in together for name, value in wrong[case][0].items()}
    with pytest.raises(InvalidRequest) as raised:
        parse(GenerateArguments, given)
    fields = {fault.field for fault in raised.value.faults}
    assert fields == {"prompt", *(wrong[case][1] for case in together)}


def test_very_many_faults_are_cut() -> None:
    with pytest.raises(InvalidRequest) as raised:
        parse(GenerateArguments, {"prompt": "a fox", **{f"x{at}": at for at in range(5_000)}})
    assert len(raised.value.faults) == 20
