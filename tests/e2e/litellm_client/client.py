"""LiteLLM as a client, unmodified: reads one call a line and answers each in one line.

`{method, baseURL, apiKey, options, headers, body}` becomes `{images, urls, …}` or `{error}`. It
runs in an environment that has nothing of this project.
"""

import base64
import json
import sys
from io import BytesIO
from typing import Any

import litellm  # type: ignore[import-not-found] # it is not installed for the type checker

litellm.suppress_debug_info = True


def main() -> None:
    for line in sys.stdin:
        call = json.loads(line)
        try:
            answer = done(call)
        except Exception as error:  # noqa: BLE001 - the exception is the answer
            answer = {"error": failure(error)}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


def done(call: dict[str, Any]) -> dict[str, Any]:
    body = {**call["body"], **call.get("options", {})}
    body |= {"api_base": call["baseURL"], "api_key": call["apiKey"]}
    body |= {"model": f"openai/{body['model']}", "extra_headers": call.get("headers", {})}
    if "response_format" in body:  # LiteLLM has it for models of other names only
        body["extra_body"] = {"response_format": body.pop("response_format")}
    if call["method"] == "edit":
        body["image"] = [file(text, f"{at}.png") for at, text in enumerate(body["image"])]
        body["mask"] = file(body["mask"], "mask.png") if body.get("mask") else None
        reply = litellm.image_edit(**body)
    else:
        reply = litellm.image_generation(**body)
    usage = reply.usage.model_dump() if reply.usage else None
    images = [each.b64_json for each in reply.data]
    return {"images": images, "urls": [each.url for each in reply.data], "usage": usage}


def file(text: str, name: str) -> BytesIO:
    opened = BytesIO(base64.b64decode(text))
    opened.name = name
    return opened


def failure(error: Exception) -> dict[str, Any]:
    names = ("status_code", "code", "param", "type", "message", "body")
    facts = {name: getattr(error, name, None) for name in names}
    return {"class": type(error).__name__, "status": facts.pop("status_code"), **facts}


main()
