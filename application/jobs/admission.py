"""The question whether a job may be started."""

from collections.abc import Awaitable, Callable

from application.jobs.running_job import AnyJob

Admission = Callable[[AnyJob], Awaitable[bool]]
"""Counts a job that needs the provider, or raises to refuse it before it starts.

Returns whether it waited for a person, while equal jobs may have finished."""
