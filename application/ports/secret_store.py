"""The port for the secret that the server keeps for itself."""

from typing import Protocol


class SecretStore(Protocol):
    """One random secret, the same for all processes and machines that share the store."""

    async def secret(self) -> bytes:
        """32 random bytes, made at the first call of any process, and durable once returned.

        If the secret was removed, a new one is made; if it was replaced, the new one is returned.
        Raises ArchiveUnavailable.
        """
