"""Fixtures of the field reports."""

from tests.field_reports.provider_calls import upstream

__all__ = ["upstream"]
