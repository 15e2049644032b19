"""The stand-in as a context manager around a server in its own thread."""

import asyncio
import threading
from types import TracebackType
from typing import Self

from aiohttp import web

from tests.standin.api import Api
from tests.standin.call_log import CallLog
from tests.standin.calls import Call, Charge
from tests.standin.faults import Fault
from tests.standin.quirks import NO_QUIRKS, Quirks
from tests.standin.raw_faults import Raw

_START_TIMEOUT = 10.0
_SHUTDOWN_TIMEOUT = 0.01  # seconds for handlers at close; then they are canceled


class StandIn:
    """An OpenAI images API on 127.0.0.1 that serves from `__enter__` to `__exit__`.

    It has its own thread and event loop, so sync tests, async tests and subprocesses can call it.
    Every POST takes one fault from the script, in order of arrival, and `default` once the script
    is used up. Port 0 picks a free port. With `quirks` it is a server that resembles OpenAI's.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        default: Fault | None = None,
        keep_uploads: bool = True,
        quirks: Quirks = NO_QUIRKS,
    ) -> None:
        self._port = port
        self._log = CallLog(default)
        self._api = Api(self._log, keep_uploads=keep_uploads, quirks=quirks)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop = asyncio.Event()
        self._ready = threading.Event()
        self._failure: Exception | None = None
        self._thread = threading.Thread(target=self._run, name="stand-in", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        if not self._ready.wait(_START_TIMEOUT):
            raise TimeoutError("the stand-in did not start")
        if self._failure is not None:
            raise self._failure
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    @property
    def base_url(self) -> str:
        """The base URL for clients, including `/v1`."""
        return f"http://127.0.0.1:{self._port}/v1"

    @property
    def azure_url(self) -> str:
        """The endpoint of the resource of Azure OpenAI, for clients of that service."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def calls(self) -> list[Call]:
        """Every request since the last reset, in order of arrival."""
        return self._log.calls

    @property
    def posts(self) -> list[Call]:
        """The calls that may be charged."""
        return [call for call in self._log.calls if call.method == "POST"]

    @property
    def ledger(self) -> list[Charge]:
        """Everything charged since the last reset, delivered or not."""
        return self._log.ledger

    @property
    def default(self) -> Fault:
        """The fault of a POST when the script is used up."""
        return self._log.default

    @default.setter
    def default(self, fault: Fault) -> None:
        self._log.default = fault

    def script(self, *faults: Fault) -> None:
        """Queue faults; each one serves one POST, even a POST that breaks a rule."""
        self._log.queue(faults)

    def script_reads(self, *faults: Fault) -> None:
        """Queue faults for reads of responses, each for one GET. They charge nothing."""
        self._log.queue_reads(faults)

    def serve(self, path: str, reply: Raw) -> None:
        """Answer GET requests for the path with this reply, until the next reset."""
        self._log.files[path] = reply

    def forget_responses(self) -> None:
        """Drop every stored response: no later request can continue one, or read it."""
        self._api.responses.forget()

    def clear_script(self) -> None:
        """Drop the faults that are still queued."""
        self._log.clear_script()

    def reset(self) -> None:
        """Clear calls, ledger, files and script; the default and the numbering of images stay."""
        self._log.clear()

    def wait_for_calls(self, number: int, timeout: float = 5.0) -> None:
        """Block until this many POSTs were read, checked and charged, or raise TimeoutError.

        It blocks the thread: a coroutine calls it through `asyncio.to_thread`.
        """
        self._log.wait_begun(number, timeout)

    def wait_for_hang_ups(self, number: int, timeout: float = 5.0) -> None:
        """Block until this many clients hung up on an incomplete reply, or raise TimeoutError."""
        self._log.wait_hung_up(number, timeout)

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        runner = web.AppRunner(
            self._api.app(),
            access_log=None,
            handler_cancellation=True,
            shutdown_timeout=_SHUTDOWN_TIMEOUT,
        )
        try:
            await runner.setup()
            site = web.TCPSite(runner, "127.0.0.1", self._port, backlog=1024)
            await site.start()
            self._port = runner.addresses[0][1]
        except OSError as error:
            self._failure = error
            self._stop.set()
        self._ready.set()
        await self._stop.wait()
        self._api.closing = True
        await runner.cleanup()
