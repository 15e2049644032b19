"""Answers the first requests over stdio while the main thread loads the server."""

from collections.abc import Callable
from queue import SimpleQueue
from threading import Event, Lock, Thread

from entrypoints.mcp.greeter.conversation import Answers, Conversation
from entrypoints.mcp.std_streams import read_lines, take_over_fds, write_all

TakeLine = Callable[[bytes], None]


class Greeter:
    """Reads the input from the start of the process to its end, on a thread of its own.

    Until `stop` it answers what `answers` has, and from the first other line it only waits. From
    `go_on` it passes each line on. It writes nothing after it has passed on a line.

    `output` is the descriptor for everything that is written after `flush`.
    """

    def __init__(self, answers: Answers, source: int, output: int) -> None:
        self.output = output
        self._source = source
        self._conversation = Conversation(answers)
        self._answering = True
        self._lock = Lock()
        self._connected = Event()
        self._writer = _Writer(output)
        Thread(target=self._read, name="stdin", daemon=True).start()

    @classmethod
    def on_std_streams(cls, answers: Answers) -> "Greeter":
        """Takes over descriptors 0 and 1. Any other output to them goes to standard error."""
        return cls(answers, *take_over_fds())

    def stop(self) -> tuple[list[bytes], bool]:
        """Answer no more lines. Returns the lines to replay, and whether the tools were listed."""
        with self._lock:
            self._answering = False
        return self._conversation.kept, self._conversation.listed

    def go_on(self, take: TakeLine, ended: Callable[[], None]) -> None:
        """Call `take` with each line that had no answer, on the thread, and at last `ended`."""
        self._take, self._ended = take, ended
        self._connected.set()

    def flush(self) -> None:
        """Wait until every answer is written; raise OSError if the output is closed."""
        self._writer.close()

    def _read(self) -> None:
        try:
            for line in read_lines(self._source):
                if not self._answer(line):
                    self._connected.wait()
                    self._take(line)
        finally:  # the server must not wait forever for input that is no longer read
            self._connected.wait()
            self._ended()

    def _answer(self, line: bytes) -> bool:
        with self._lock:
            answer = self._conversation.answer(line) if self._answering else None
            self._answering = answer is not None
        if answer:
            self._writer.write(answer)
        return answer is not None


class _Writer:
    """Writes on a second thread, because a host that reads nothing may still close the input."""

    def __init__(self, output: int) -> None:
        self._output = output
        self._lines: SimpleQueue[bytes | None] = SimpleQueue()
        self._thread = Thread(target=self._run, name="greeter", daemon=True)
        self._error: OSError | None = None

    def write(self, line: bytes) -> None:
        self._lines.put(line)
        if self._thread.ident is None:
            self._thread.start()

    def close(self) -> None:
        if self._thread.ident is not None:
            self._lines.put(None)
            self._thread.join()
        if self._error is not None:
            raise self._error

    def _run(self) -> None:
        while (line := self._lines.get()) is not None:
            try:
                if self._error is None:
                    write_all(self._output, line)
            except OSError as error:
                self._error = error
