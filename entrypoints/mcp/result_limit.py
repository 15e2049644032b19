"""How many bytes the result of a call may have."""

from entrypoints.config.settings import Settings
from entrypoints.wire.client_profiles import ClientProfile


def result_limit(settings: Settings, profile: ClientProfile, *, over_stdio: bool) -> int:
    """Bytes for the whole message: RESULT_MAX_BYTES if it is set, else what the client takes.

    Over HTTP the default holds for all: clients end the connection at events above 1 MiB.
    """
    if "result_max_bytes" in settings.model_fields_set or not over_stdio:
        return settings.result_max_bytes
    return profile.stdio_message_bytes or settings.result_max_bytes
