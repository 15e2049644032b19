"""Models of the MCP SDK are built at their first use, also if several threads use them first."""

import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from mcp_types import CallToolRequestParams
from pydantic import BaseModel, create_model

from entrypoints.bootstrap.deferred_models import models_deferred

THREADS = 8


def test_models_of_the_block_are_built_at_their_first_use_and_others_at_once() -> None:
    with models_deferred():
        deferred = create_model("Deferred", number=int)
    later = create_model("Later", number=int)
    assert not deferred.__pydantic_complete__
    assert later.__pydantic_complete__
    assert deferred.model_validate({"number": "7"}).model_dump() == {"number": 7}
    assert deferred.__pydantic_complete__


def test_threads_that_use_a_deferred_model_first_get_its_own_checks() -> None:
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for _ in range(20):
            with models_deferred():
                part = create_model("Part", number=int)
                model = create_model("Whole", part=part, extra=(str, "x"))
            together = Barrier(THREADS)

            def use(model: type[BaseModel] = model, together: Barrier = together) -> object:
                together.wait()
                return model.model_validate({"part": {"number": 1}}).model_dump()

            with ThreadPoolExecutor(THREADS) as threads:
                results = [task.result() for task in [threads.submit(use) for _ in range(THREADS)]]
            assert results == [{"part": {"number": 1}, "extra": "x"}] * THREADS
    finally:
        sys.setswitchinterval(interval)


def test_the_sdk_has_one_base_whose_models_this_defers() -> None:
    assert issubclass(CallToolRequestParams, BaseModel)
    assert "defer_build" not in CallToolRequestParams.model_config, (
        "the SDK defers its models itself now: remove entrypoints/bootstrap/deferred_models.py"
    )
