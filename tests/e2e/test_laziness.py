"""Heavy libraries are loaded only when they are needed."""

import subprocess
import sys
from pathlib import Path

import pytest

from entrypoints.mcp.app_clients import APP_TYPE, EXTENSION
from tests.e2e.host import INITIALIZE, Message, to_lines

Environment = dict[str, str]
HEAVY = "openai google litestar PIL diskcache sqlalchemy dependency_injector prometheus_client"


@pytest.mark.parametrize(
    ("method", "listed"), [("tools/list", "generate_image"), ("prompts/list", "storyboard")]
)
def test_nothing_heavy_is_loaded_before_tools_or_prompts_are_listed(
    method: str, listed: str, environment: Environment
) -> None:
    probe = (
        "import sys, threading, entrypoints.launcher as launcher\n"
        "import entrypoints.mcp.stdio_transport as transport\n"
        "write = transport.StdioTransport._write\n"
        "def checked(self, data):\n"
        f"    if {listed.encode()!r} in data:\n"
        f"        heavy = {HEAVY + ' rich'!r}.split()\n"
        "        loaded = [name for name in heavy if name in sys.modules]\n"
        "        sys.stderr.write(f'LOADED {loaded}\\n')\n"
        "        from mcp_types._wire_base import WireModel\n"
        "        built = [each.__pydantic_complete__ for each in WireModel.__subclasses__()]\n"
        "        sys.stderr.write(f'MOST ARE BUILT {sum(built) > len(built) / 2}\\n')\n"
        "    write(self, data)\n"
        "transport.StdioTransport._write = checked\n"
        "sys.argv = ['mcp-server-gpt-image']\n"
        "launcher.main()\n"
    )
    templates = {"id": 2, "method": "resources/templates/list"}
    requests = to_lines(INITIALIZE, templates, {"id": 3, "method": method})
    done = subprocess.run(
        [sys.executable, "-c", probe],
        input=requests,
        capture_output=True,
        env=environment | {"GREETER": "off"},
        cwd=Path.cwd(),
        check=True,
        timeout=30,
    )
    assert b"LOADED []" in done.stderr, done.stderr
    assert b"MOST ARE BUILT False" in done.stderr, done.stderr


def test_a_server_that_has_warmed_up_and_logs_json_has_loaded_no_terminal_library(
    tmp_path: Path,
) -> None:
    warmed_up = (
        "from pathlib import Path\n"
        "from entrypoints.bootstrap.container import build_container\n"
        "from entrypoints.bootstrap.lifecycle import warm\n"
        "from entrypoints.config.settings import Settings\n"
        f"folder = Path({str(tmp_path)!r})\n"
        "paths = {f'{name}_dir': folder / name for name in ('data', 'cache', 'output')}\n"
        "settings = Settings(openai_api_key='sk-canary', **paths)\n"
        "container = build_container(settings)\n"
        "warm(container)\n"
        "container.log_writer()"
    )
    assert loaded_by(warmed_up, "openai") == "['openai']"
    assert loaded_by(warmed_up, "openai.types.responses.response_input_param") == "[]"
    with_gemini = warmed_up.replace("Settings(", "Settings(gemini_api_key='AIza-canary', ")
    assert loaded_by(with_gemini, "google google.genai google.auth") == "[]"
    assert (
        loaded_by(warmed_up, "structlog rich rich_click click litestar mcp textual_image PIL")
        == "[]"
    )


def loaded_by(code: str, heavy: str) -> str:
    """Which of the heavy modules a new process has loaded after this code."""
    report = f"import sys; print([each for each in {heavy.split()!r} if each in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\n{report}"], capture_output=True, check=True, timeout=30
    )
    return done.stdout.decode().strip()


def test_the_http_server_listens_before_it_loads_a_server() -> None:
    listen = (
        "from entrypoints.config.http_checks import load_http_settings\n"
        "from entrypoints.http.listening_socket import listen"
    )
    assert loaded_by(listen, f"{HEAVY} mcp mcp_types httpx2 starlette uvicorn") == "[]"


def test_the_http_server_answers_probes_before_it_loads_the_application() -> None:
    serve = "import entrypoints.bootstrap.providers, entrypoints.http.http_server"
    assert loaded_by(serve, f"{HEAVY} mcp mcp_types entrypoints.bootstrap.container") == "[]"


@pytest.mark.parametrize(
    "arguments", [["--help"], ["--version"], ["generate", "--help"], ["http", "--help"]]
)
def test_help_loads_nothing_heavy(arguments: list[str], environment: Environment) -> None:
    code = (
        "import sys, atexit\n"
        f"heavy = {HEAVY + ' mcp pydantic'!r}.split()\n"
        "def report():\n"
        "    sys.stderr.write(f'LOADED {[name for name in heavy if name in sys.modules]}')\n"
        "atexit.register(report)\n"
        f"sys.argv = ['mcp-server-gpt-image', *{arguments!r}]\n"
        "from entrypoints.cli.app import main\n"
        "main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, env=environment, check=True, timeout=30
    )
    assert b"LOADED []" in done.stderr, done.stderr


def test_no_part_of_the_viewer_is_loaded_for_a_client_without_apps(
    environment: Environment,
) -> None:
    loaded = viewer_modules(INITIALIZE, {"id": 2, "method": "tools/list"}, environment)
    assert loaded == "[]"
    params = INITIALIZE["params"] | {
        "capabilities": {"extensions": {EXTENSION: {"mimeTypes": [APP_TYPE]}}}
    }
    loaded = viewer_modules(
        INITIALIZE | {"params": params}, {"id": 2, "method": "tools/list"}, environment
    )
    assert "'entrypoints.mcp.apps.viewer'" in loaded


def viewer_modules(start: Message, request: Message, environment: Environment) -> str:
    """Which modules of the viewer a server has loaded when it ends after these messages."""
    probe = (
        "import sys, os, entrypoints.launcher as launcher\n"
        "end = os._exit\n"
        "def report(code):\n"
        "    names = ('entrypoints.mcp.apps', 'entrypoints.frontend')\n"
        "    loaded = [each for each in sys.modules if each.startswith(names)]\n"
        "    sys.stderr.write(f'LOADED {loaded}\\n')\n"
        "    end(code)\n"
        "os._exit = report\n"
        "sys.argv = ['mcp-server-gpt-image']\n"
        "launcher.main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", probe],
        input=to_lines(start, request),
        capture_output=True,
        env=environment | {"GREETER": "off"},
        cwd=Path.cwd(),
        check=True,
        timeout=30,
    )
    (line,) = (each for each in done.stderr.decode().splitlines() if each.startswith("LOADED "))
    return line.removeprefix("LOADED ")
