"""Prints the secret of a folder, as soon as a line arrives on standard input.

python -m tests.contracts.secret_worker FILE
"""

import asyncio
import sys
from pathlib import Path

from adapters.secret_file.secret_file import SecretFile

if __name__ == "__main__":
    print("ready", flush=True)
    sys.stdin.readline()
    print(asyncio.run(SecretFile(Path(sys.argv[1])).secret()).hex())
