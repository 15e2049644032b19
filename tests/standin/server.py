"""The stand-in as a test holds it: a context manager around a server in its own thread."""

import asyncio
import threading
from types import TracebackType
from typing import Self

from aiohttp import web

from tests.standin.api import Api
from tests.standin.book import Book
from tests.standin.calls import Call, Charge
from tests.standin.faults import Fault

_SECONDS_TO_START = 10.0
_GRACE = 0.01  # seconds for handlers at close; what still runs then is ended


class StandIn:
    """An OpenAI images API on 127.0.0.1 that serves from `__enter__` to `__exit__`.

    It has a thread and an event loop of its own, so sync tests, async tests and subprocesses can
    call it. Every POST takes one fault from the script, in order of arrival; with the script used
    up `default` serves. Port 0 means any free one.
    """

    def __init__(
        self, *, port: int = 0, default: Fault | None = None, keep_uploads: bool = True
    ) -> None:
        self._port = port
        self._book = Book(default)
        self._api = Api(self._book, keep_uploads=keep_uploads)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop = asyncio.Event()
        self._ready = threading.Event()
        self._failure: Exception | None = None
        self._thread = threading.Thread(target=self._run, name="stand-in", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        if not self._ready.wait(_SECONDS_TO_START):
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
        """What a client is given as its base URL, `/v1` included."""
        return f"http://127.0.0.1:{self._port}/v1"

    @property
    def calls(self) -> list[Call]:
        """Every request since the last reset, by arrival."""
        return self._book.calls

    @property
    def posts(self) -> list[Call]:
        """The calls that may cost something."""
        return [call for call in self._book.calls if call.method == "POST"]

    @property
    def ledger(self) -> list[Charge]:
        """Everything charged since the last reset, delivered or not."""
        return self._book.ledger

    @property
    def default(self) -> Fault:
        """How a POST is served when the script is used up."""
        return self._book.default

    @default.setter
    def default(self, fault: Fault) -> None:
        self._book.default = fault

    def script(self, *faults: Fault) -> None:
        """Queue behaviors; each one serves one POST, also one that is refused by a rule."""
        self._book.queue(faults)

    def forget_script(self) -> None:
        """Drop behaviors that were queued and not needed; the default serves."""
        self._book.unqueue()

    def reset(self) -> None:
        """Clear calls, ledger and script; the default and the numbering of pictures stay."""
        self._book.clear()

    def wait_for_calls(self, number: int, timeout: float = 5.0) -> None:
        """Block until so many POSTs were read, judged and charged, or raise TimeoutError.

        It blocks the thread: in a coroutine, call it through `asyncio.to_thread`.
        """
        self._book.wait_begun(number, timeout)

    def wait_for_hang_ups(self, number: int, timeout: float = 5.0) -> None:
        """Block until so many clients left before their reply was whole, or raise TimeoutError."""
        self._book.wait_left(number, timeout)

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        runner = web.AppRunner(
            self._api.app(), access_log=None, handler_cancellation=True, shutdown_timeout=_GRACE
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
