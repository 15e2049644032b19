"""Runs the MCP server over stdio. Loads no command line, which a host does not need."""

import sys
from pathlib import Path

from entrypoints.bootstrap.import_gc import collector_paused
from entrypoints.cli.encodings import replace_missing_letters
from entrypoints.cli.setting_notes import print_notes
from entrypoints.mcp.greeter.greeter import Greeter


def run_stdio(env_file: Path | None = None, greeter: Greeter | None = None) -> None:
    """Serve as `stdio_server.run` says, with the settings of the environment and of the file.

    Without a greeter, requests wait until the server is loaded. Invalid settings are printed, and
    each tool answers with them.
    """
    greeter = greeter or Greeter.on_std_streams({})
    replace_missing_letters()
    with collector_paused():
        from entrypoints.bootstrap.deferred_models import models_deferred
        from entrypoints.config.loading import load_settings
        from entrypoints.config.settings import Settings
        from entrypoints.config.settings_error import SettingsError

        with models_deferred():
            from entrypoints.mcp.stdio_server import run

    try:
        settings = load_settings(env_file=env_file, at_home=True)
    except SettingsError as error:
        print(error, file=sys.stderr)
        run(Settings.model_construct(), greeter, fault=str(error))
    else:
        print_notes(settings)
        run(settings, greeter)
