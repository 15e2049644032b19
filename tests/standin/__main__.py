"""`python -m tests.standin`: the stand-in as a process, for benchmarks and manual tests."""

import argparse
import signal
from collections.abc import Sequence

from tests.standin.faults import slow
from tests.standin.model_list import add_model
from tests.standin.server import StandIn


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve until SIGTERM or SIGINT; the first line printed ends with the base URL."""
    parser = argparse.ArgumentParser(prog="python -m tests.standin", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 picks a free port")
    parser.add_argument(
        "--delay",
        type=float,
        default=0.0,
        help="seconds until each final image, also in the background",
    )
    parser.add_argument("--also", metavar="MODEL", help="serve a retired model as well")
    options = parser.parse_args(arguments)
    if options.also is not None:
        add_model(options.also)
    end_signals = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, end_signals)
    with StandIn(port=options.port, default=slow(options.delay), keep_uploads=False) as openai:
        print(f"listening on {openai.base_url}", flush=True)
        signal.sigwait(end_signals)


if __name__ == "__main__":
    main()
