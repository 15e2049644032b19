"""A token of Microsoft Entra ID from a command, such as the Azure CLI."""

import asyncio
import shlex
from contextlib import suppress

from adapters.openai.refusals.errors import can_be_sent
from domain.provider_errors import CredentialsRejected

SECONDS = 30.0
"""For the command; the Azure CLI takes one or two, and more if it has to ask Entra ID."""
KEPT_SECONDS = 60.0
"""A token is used again for so long. The Azure CLI renews one that has less than five minutes."""
HINT = (
    "Run the command of AZURE_OPENAI_TOKEN_COMMAND in a terminal. It must print a token and "
    "nothing else. For the Azure CLI, sign in first: az login."
)


class TokenCommand:
    """Runs a command without a shell; what it prints is the token.

    Calls at the same time share one run. Raises CredentialsRejected if it fails, prints nothing
    that a header can carry, or takes longer than SECONDS. What it printed is in no text.
    """

    def __init__(self, command: str) -> None:
        self._arguments = shlex.split(command)
        self._lock = asyncio.Lock()
        self._token = ""
        self._until = 0.0

    async def __call__(self) -> str:
        async with self._lock:
            now = asyncio.get_running_loop().time()
            if not self._token or now >= self._until:
                self._token = await self._run()
                self._until = now + KEPT_SECONDS
            return self._token

    async def _run(self) -> str:
        name = self._arguments[0]
        try:
            process = await asyncio.create_subprocess_exec(
                *self._arguments,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
            )
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise _failed(f"The command {name} could not be started: {reason}.") from None
        try:
            async with asyncio.timeout(SECONDS):
                output, _ = await process.communicate()
        except TimeoutError:
            raise _failed(f"The command {name} printed no token in {SECONDS:g} s.") from None
        finally:
            if process.returncode is None:
                with suppress(ProcessLookupError):
                    process.kill()
                await process.wait()
        token = output.decode(errors="replace").strip()
        if process.returncode:
            raise _failed(f"The command {name} ended with status {process.returncode}.")
        if not token or not can_be_sent(token):
            raise _failed(f"The command {name} printed no token.")
        return token


def _failed(text: str) -> CredentialsRejected:
    return CredentialsRejected(text, hint=HINT)
