"""Reserves beside others, all at once, and prints how many jobs got in.

python -m tests.contracts.ledger_worker FOLDER NAME JOBS
"""

import asyncio
import sys
from pathlib import Path

from adapters.records.engine import Database
from adapters.records.usage_ledger import SqlUsageLedger
from domain.money.budget_errors import BudgetExhausted
from tests.testkit.contracts.usage_ledger import NOW, TEN, costing


async def work(folder: Path, name: str, jobs: int) -> int:
    """Ask for room for as many jobs at once, and say how many were let in."""
    database = Database(folder)
    ledger = SqlUsageLedger(database)
    asking = (ledger.reserve(costing(f"{name}_{number}"), TEN, now=NOW) for number in range(jobs))
    ends = await asyncio.gather(*asking, return_exceptions=True)
    await database.close()
    assert all(end is None or isinstance(end, BudgetExhausted) for end in ends), ends
    return sum(end is None for end in ends)


if __name__ == "__main__":
    sys.stdin.read()
    print(asyncio.run(work(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))))
