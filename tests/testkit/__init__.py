"""Contract suites and fakes, for this project's tests and for those of plugins.

`pytest_plugins = ["mcp_server_gpt_image.testkit"]` in a conftest.py adds the fixtures of
`pytest_plugin`. Nothing adds them by itself, and the fakes need no test framework.
"""

pytest_plugins = [f"{__name__}.pytest_plugin"]
