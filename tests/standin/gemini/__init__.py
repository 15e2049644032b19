"""A stand-in Gemini API: a real server on loopback with the Interactions API, as strict as we know.

It shares the log of calls, the ledger and the ways of sending with the stand-in OpenAI API.
"""

from tests.standin.gemini.gemini_faults import GeminiFault
from tests.standin.gemini.gemini_server import GeminiStandIn

__all__ = ["GeminiFault", "GeminiStandIn"]
