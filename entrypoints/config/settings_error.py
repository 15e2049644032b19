"""The error of settings, in its own module because the settings load pydantic."""


class SettingsError(Exception):
    """Invalid settings; the message lists every fault and how to fix it."""
