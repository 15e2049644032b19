"""Reserves concurrently with other processes, and prints how many jobs were accepted.

python -m tests.contracts.ledger_worker FOLDER NAME JOBS
"""

import asyncio
import sys
from pathlib import Path

from domain.money.budget_errors import BudgetExhausted
from tests.contracts.data_folder import DataFolder
from tests.testkit.contracts.usage_ledger import TEN, Books, costing


async def work(home: Path, name: str, jobs: int) -> int:
    """Reserve this many jobs concurrently; return how many were accepted."""
    folder = DataFolder(home)
    books = Books(folder.ledger, folder.records)
    reserving = (books.reserve(costing(f"{name}_{number}"), TEN) for number in range(jobs))
    ends = await asyncio.gather(*reserving, return_exceptions=True)
    await folder.close()
    assert all(end is None or isinstance(end, BudgetExhausted) for end in ends), ends
    return sum(end is None for end in ends)


if __name__ == "__main__":
    sys.stdin.read()
    print(asyncio.run(work(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))))
