"""Unexpected exceptions: what clients get, and what the log gets."""

import logging
from uuid import uuid4

from domain.errors import InternalError

logger = logging.getLogger(__name__)


def log_incident(error: Exception) -> InternalError:
    """Log the exception with its traceback; return the error for the client, which has its ID."""
    internal = InternalError(uuid4().hex[:12])
    logger.error("incident %s", internal.incident, exc_info=error)
    return internal
