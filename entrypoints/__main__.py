"""`python -m mcp_server_gpt_image`, and `python -m entrypoints` in a checkout."""

from importlib import import_module

launcher = "entrypoints.launcher" if __package__ == "entrypoints" else str(__package__)
import_module(launcher).main()
