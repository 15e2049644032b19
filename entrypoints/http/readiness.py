"""Readiness: checked for each probe, and once when the server starts."""

import logging

from application.use_cases.check_readiness import Readiness
from entrypoints.bootstrap.container import Container

logger = logging.getLogger(__name__)


async def check_and_log(container: Container) -> Readiness:
    """Check all parts, and log the reason of each that fails."""
    readiness = await container.check_readiness()()
    for check in readiness.checks:
        if check.reason:
            logger.warning("readiness: %s %s: %s", check.name, check.state, check.reason)
    return readiness
