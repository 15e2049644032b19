"""The one error of settings, apart from them because reading settings loads pydantic."""


class SettingsError(Exception):
    """Settings that cannot be used; the message lists every fault with its fix."""
