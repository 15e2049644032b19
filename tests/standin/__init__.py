"""A stand-in OpenAI images API: a real server on loopback, as strict as the real API."""

from tests.standin import body_faults, faults, raw_faults, response_faults, stream_faults
from tests.standin.calls import Call, Charge, Upload
from tests.standin.faults import Fault
from tests.standin.quirks import Quirks
from tests.standin.server import StandIn

__all__ = [
    "Call",
    "Charge",
    "Fault",
    "Quirks",
    "StandIn",
    "Upload",
    "body_faults",
    "faults",
    "raw_faults",
    "response_faults",
    "stream_faults",
]
