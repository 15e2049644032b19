"""`python -m tests.standin`: the stand-in by itself, for benchmarks and tries by hand."""

import argparse
import signal
from collections.abc import Sequence

from tests.standin.faults import slow
from tests.standin.server import StandIn


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve until SIGTERM or SIGINT; the first line printed ends with the base URL."""
    parser = argparse.ArgumentParser(prog="python -m tests.standin", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes any free port")
    parser.add_argument("--delay", type=float, default=0.0, help="seconds to each final picture")
    options = parser.parse_args(arguments)
    ends = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, ends)
    with StandIn(port=options.port, default=slow(options.delay), keep_uploads=False) as openai:
        print(f"listening on {openai.base_url}", flush=True)
        signal.sigwait(ends)


if __name__ == "__main__":
    main()
