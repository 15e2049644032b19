"""Imports pydantic models without building what this process may never use."""

from collections.abc import Iterator
from contextlib import contextmanager

from pydantic import BaseModel


@contextmanager
def models_deferred() -> Iterator[None]:
    """Let every pydantic model that is defined inside the block be built at its first use.

    The MCP SDK defines 500 models for all versions of its protocol, and a connection uses a few of
    one version. It will defer them itself (modelcontextprotocol/python-sdk#3242); then this block
    changes nothing. Several threads may use such a model first: pydantic 2.14 builds it once
    (pydantic/pydantic#13438).
    """
    before = BaseModel.model_config
    BaseModel.model_config = {**before, "defer_build": True}
    try:
        yield
    finally:
        BaseModel.model_config = before
