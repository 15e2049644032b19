"""What a server with a compatible API lacks, or wants otherwise than OpenAI.

The bodies of the refusals are those of FastAPI, which vLLM-Omni and SGLang are built with.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace

from tests.standin.calls import Call, Upload
from tests.standin.refusals import Refusal, Refused

_MODEL = "gpt-image-2.6-flare"


@dataclass(frozen=True, slots=True, kw_only=True)
class Quirks:
    """Without any, the stand-in is OpenAI.

    `keyless`: no key is needed, and any model or none is served. `no_edits` is the status with
    which edits are refused. `image_field` is the only field in which input images are found.
    `no_streams`: a request for a stream is refused.
    """

    keyless: bool = False
    no_edits: int | None = None
    image_field: str | None = None
    no_streams: bool = False

    def check(self, call: Call) -> None:
        """Raise Refused for a route that is missing."""
        if self.no_edits is not None and call.path.endswith("/images/edits"):
            text = "Not Found" if self.no_edits == 404 else "Method Not Allowed"
            raise _refused(self.no_edits, text)

    def read(
        self, fields: dict[str, object], files: Sequence[Upload]
    ) -> tuple[dict[str, object], Sequence[Upload]]:
        """The fields and files as OpenAI would get them; raises Refused for those it cannot use."""
        if self.no_streams and "stream" in fields:
            raise Refused("Unsupported parameter: 'stream'.", code="unsupported_parameter")
        if self.image_field is not None and files:
            if not any(file.field == self.image_field for file in files):
                place = ["body", self.image_field]
                raise _refused(
                    422, [{"type": "missing", "loc": place, "msg": "Field required", "input": None}]
                )
            files = [
                replace(file, field="image[]") if file.field == self.image_field else file
                for file in files
            ]
        return ({**fields, "model": _MODEL} if self.keyless else fields), files


NO_QUIRKS = Quirks()


def _refused(status: int, detail: object) -> Refused:
    refused = Refused("", code="", status=status)
    refused.refusal = Refusal(status, "", raw=json.dumps({"detail": detail}))
    return refused
