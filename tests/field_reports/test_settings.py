"""Settings as people and hosts write them: what is taken, and what is named."""

from decimal import Decimal
from pathlib import Path

import pytest

from entrypoints.config.loading import load_settings
from entrypoints.config.settings_error import SettingsError
from tests.field_reports.setting_help import (
    KEY,
    EntryPoint,
    command_settings,
    http_settings,
    value_of,
)

GATEWAY = "http://gateway.example/v1"
TAKEN = [
    pytest.param("OPENAI_API_KEY", f'"{KEY}"', KEY, id="F13-key-in-quotes"),
    pytest.param("PROVIDER", '"sketch"', "sketch", id="F13-word-in-quotes"),
    pytest.param("BUDGET_DAY_USD", "'5'", Decimal(5), id="F13-number-in-quotes"),
    pytest.param("OUTPUT_DIR", '"/tmp/p"', Path("/tmp/p"), id="F13-folder-in-quotes"),  # noqa: S108 - nothing is written
    pytest.param("OPENAI_API_KEY", f"“{KEY}”", KEY, id="sibling-typographic-quotes"),
    pytest.param("OPENAI_API_KEY", f"`{KEY}`", KEY, id="sibling-backticks"),
    pytest.param("OPENAI_API_KEY", f"”{KEY}”", KEY, id="sibling-Swedish-quotes"),
    pytest.param("OPENAI_API_KEY", f"「{KEY}」", KEY, id="sibling-Japanese-quotes"),
    pytest.param("OPENAI_API_KEY", f"\"'{KEY}'\"", KEY, id="F13-quotes-in-quotes"),
    pytest.param("LOG_LEVEL", "WARN", "warning", id="sibling-another-name-of-a-level"),
    pytest.param("LOG_FORMAT", "JSON", "json", id="sibling-capitals"),
    pytest.param("OPENAI_API_KEY", "sk-1234", "sk-1234", id="sibling-the-key-of-a-local-gateway"),
    pytest.param("OPENAI_API_KEY", f"\ufeff{KEY}\n", KEY, id="F33-byte-order-mark"),
    pytest.param("OPENAI_API_KEY", f"\u00a0{KEY}\u200b\r\n", KEY, id="sibling-no-break-blank"),
    pytest.param("OPENAI_BASE_URL", f' "{GATEWAY}" ', GATEWAY, id="sibling-URL-in-quotes"),
    pytest.param("OPENAI_ORG_ID", '""', None, id="sibling-only-quotes-is-not-set"),
    pytest.param("IMAGE_MODEL", " \t", None, id="sibling-only-blanks-is-not-set"),
    pytest.param("IMAGE_MODEL", 'my "own" model', 'my "own" model', id="sibling-inner-quotes-stay"),
    pytest.param("IMAGE_MODEL", '"a","b"', '"a","b"', id="sibling-a-list-of-quoted-words"),
]


@pytest.mark.parametrize(("variable", "text", "value"), TAKEN)
def test_what_stands_around_a_value_is_removed(
    variable: str, text: str, value: object, env: pytest.MonkeyPatch
) -> None:
    env.setenv(variable, text)
    assert value_of(load_settings(), variable) == value


REFUSED = [
    pytest.param("OPENAI_API_KEY", "${OPENAI_API_KEY}", "${OPENAI_API_KEY}", id="F04-shell"),
    pytest.param("OPENAI_API_KEY", "{env:OPENAI_API_KEY}", "{env:OPENAI_API_KEY}", id="F04-env"),
    pytest.param("OPENAI_API_KEY", "${env:OPENAI_API_KEY}", "not filled in", id="F04-vscode-env"),
    pytest.param("OPENAI_API_KEY", "${input:key}", "${input:key}", id="F04-input"),
    pytest.param("OPENAI_API_KEY", "{{openai_key}}", "{{openai_key}}", id="F04-braces"),
    pytest.param("OPENAI_API_KEY", "$OPENAI_API_KEY", "$OPENAI_API_KEY", id="F04-bare-dollar"),
    pytest.param("OPENAI_API_KEY", "%OPENAI_API_KEY%", "%OPENAI_API_KEY%", id="F04-percent"),
    pytest.param("OPENAI_API_KEY", '"${OPENAI_API_KEY}"', "not filled in", id="F04-and-F13"),
    pytest.param(
        "OPENAI_API_KEY", "__OPENAI_API_KEY__", "name of a variable", id="F04-underscores"
    ),
    pytest.param("OPENAI_API_KEY", "@OPENAI_API_KEY@", "name of a variable", id="F04-at-signs"),
    pytest.param("OPENAI_API_KEY", "!OPENAI_API_KEY!", "name of a variable", id="F04-cmd"),
    pytest.param("OPENAI_API_KEY", "#{OPENAI_API_KEY}", "name of a variable", id="F04-Azure"),
    pytest.param("OPENAI_API_KEY", "env:OPENAI_API_KEY", "name of a variable", id="F04-env-colon"),
    pytest.param(
        "OPENAI_API_KEY", "process.env.OPENAI_API_KEY", "name of a variable", id="F04-JavaScript"
    ),
    pytest.param("OPENAI_API_KEY", "$(OPENAI_API_KEY)", "not filled in", id="F04-Kubernetes"),
    pytest.param("OPENAI_API_KEY", "${{ secrets.KEY }}", "not filled in", id="F04-GitHub"),
    pytest.param("OPENAI_API_KEY", "sk-proj-xxxxxxxx", "placeholder of", id="sibling-project"),
    pytest.param("OPENAI_API_KEY", "REPLACE_ME", "placeholder of", id="sibling-replace"),
    pytest.param("OPENAI_API_KEY", "insert-key-here", "placeholder of", id="sibling-insert"),
    pytest.param("OPENAI_API_KEY", f"({KEY})", "invalid characters", id="sibling-parentheses"),
    pytest.param("OPENAI_API_KEY", f"OPENAI_API_KEY: {KEY}", "repeats", id="sibling-YAML"),
    pytest.param("OPENAI_API_KEY", "undefined", "not filled in", id="sibling-undefined"),
    pytest.param("OPENAI_API_KEY", "sk-...", "placeholder of an example", id="sibling-README"),
    pytest.param("OPENAI_API_KEY", "your-api-key-here", "placeholder", id="sibling-your-key"),
    pytest.param("OPENAI_API_KEY", "<your key>", "placeholder of an example", id="sibling-angles"),
    pytest.param("OPENAI_API_KEY", f"Bearer {KEY}", "the word Bearer", id="sibling-bearer"),
    pytest.param("OPENAI_API_KEY", f"OPENAI_API_KEY={KEY}", "repeats", id="sibling-name-twice"),
    pytest.param("OPENAI_API_KEY", f"{KEY[:9]}\n{KEY[9:]}", "a line break", id="sibling-wrapped"),
    pytest.param("OPENAI_API_KEY", f'"{KEY}', "a quotation mark", id="F13-one-quotation-mark"),
    pytest.param("OPENAI_API_KEY", f"{KEY},{KEY}", "invalid characters", id="sibling-two-keys"),
    pytest.param("OPENAI_API_KEY", "https://api.openai.com", "It is a URL", id="sibling-URL"),
    pytest.param("OUTPUT_DIR", "${workspaceFolder}/art", "${workspaceFolder}", id="F04-workspace"),
    pytest.param("OUTPUT_DIR", "%USERPROFILE%\\art", "%USERPROFILE%", id="F04-windows-home"),
    pytest.param(
        "DATA_DIR", "art/$PROJECT", "characters of a variable", id="sibling-in-the-middle"
    ),
    pytest.param("CACHE_DIR", "$(pwd)/cache", "$(pwd)", id="sibling-command"),
    pytest.param("CACHE_DIR", "`pwd`/cache", "characters of a variable", id="sibling-backticks"),
    pytest.param("OUTPUT_DIR", "file:///mnt/me/art", "It is a URL", id="sibling-file-URL"),
    pytest.param(
        "OUTPUT_DIR", r"C:\Users\me\art", "/mnt/c/Users/me/art", id="sibling-windows-path"
    ),
    pytest.param("DATA_DIR", "d:/art", "/mnt/d/art", id="sibling-windows-slashes"),
    pytest.param("CACHE_DIR", "D:", "Windows path", id="sibling-windows-drive"),
    pytest.param("OUTPUT_DIR", "c:art", "Windows path", id="sibling-windows-no-slash"),
    pytest.param("OUTPUT_DIR", r"\\server\share", "It has backslashes", id="sibling-UNC"),
    pytest.param("OUTPUT_DIR", r"Desktop\art", "Desktop/art", id="sibling-backslash"),
    pytest.param("OUTPUT_DIR", "file:/mnt/art", "It is a URL", id="sibling-short-file-URL"),
    pytest.param("OUTPUT_DIR", "/mnt/a\n/mnt/b", "a line break", id="sibling-two-lines"),
    pytest.param("OUTPUT_DIR", "<your folder>", "< and >", id="sibling-example-folder"),
    pytest.param(
        "OPENAI_BASE_URL", "localhost:4000/v1", "Write it in full", id="sibling-no-scheme"
    ),
    pytest.param("OPENAI_BASE_URL", "http://:4000/v1", "Write it in full", id="sibling-no-host"),
    pytest.param(
        "OPENAI_BASE_URL", f"{GATEWAY}/images/generations", "is added", id="sibling-whole-endpoint"
    ),
    pytest.param("OPENAI_BASE_URL", f"{GATEWAY}?key=1", "a ? or a #", id="sibling-query"),
    pytest.param("OPENAI_BASE_URL", r"http://gw\v1", "not a URL", id="sibling-URL-backslash"),
    pytest.param("CACHE_MAX_SIZE", "100MB", "without a unit", id="sibling-megabytes"),
    pytest.param("CACHE_TTL", "1h", "without a unit", id="sibling-hours"),
    pytest.param("CACHE_TTL", "inf", "finite", id="sibling-infinity"),
    pytest.param("BUDGET_DAY_USD", "5$", "without a unit", id="sibling-dollars"),
    pytest.param("BUDGET_DAY_USD", "5,50", "not a number", id="sibling-decimal-comma"),
    pytest.param("BUDGET_IMAGES_HOUR", "ten", "not a whole number", id="sibling-number-in-words"),
    pytest.param("LOG_PROMPTS", "wahr", "neither true nor false", id="sibling-another-language"),
    pytest.param("IMAGE_MODEL", "${MODEL}", "${MODEL}", id="sibling-any-setting"),
    pytest.param("BUDGET_DAY_USD", "$BUDGET", "$BUDGET", id="sibling-budget"),
]


@pytest.mark.parametrize("entry_point", [command_settings, http_settings])
@pytest.mark.parametrize(("variable", "text", "words"), REFUSED)
def test_a_value_that_was_never_filled_in_is_named_and_creates_no_folder(
    variable: str,
    text: str,
    words: str,
    entry_point: EntryPoint,
    env: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    env.setenv(variable, text)
    with pytest.raises(SettingsError) as refused:
        entry_point()
    (line,) = str(refused.value).splitlines()[1:]
    assert line.startswith(f"  {variable}: ")
    assert words in line
    assert KEY not in line
    assert not [*(tmp_path / "work").iterdir()]


def test_the_default_in_a_placeholder_is_not_shown_because_it_may_be_a_secret(
    env: pytest.MonkeyPatch,
) -> None:
    env.setenv("OPENAI_API_KEY", f"${{OPENAI_API_KEY:-{KEY}}}")
    with pytest.raises(SettingsError, match=r"placeholder \$\{OPENAI_API_KEY…\}") as refused:
        load_settings()
    assert KEY not in str(refused.value)


@pytest.mark.parametrize(
    "text", ["$HOME/art", "${HOME}/art", "${env:HOME}/art", "~/art", '"~/art"']
)
def test_the_home_folder_may_be_written_as_a_variable(
    text: str, env: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    env.setenv("OUTPUT_DIR", text)
    for at_home in (True, False):
        assert load_settings(at_home=at_home).output_dir == tmp_path / "home" / "art"


@pytest.mark.parametrize("text", ["/mnt/100%/a", "/mnt/a%20b/c%20d", "/mnt/share$/a", "/mnt/a b"])
def test_an_ordinary_folder_with_an_odd_name_is_taken(text: str, env: pytest.MonkeyPatch) -> None:
    env.setenv("OUTPUT_DIR", text)
    assert load_settings().output_dir == Path(text)


@pytest.mark.parametrize("host", ["http://localhost", "localhost:3000", "*", "0.0.0.0/0", "a b"])
def test_a_host_that_is_no_address_is_named_and_no_token_is_asked_for(
    host: str, env: pytest.MonkeyPatch
) -> None:
    env.setenv("HOST", host)
    with pytest.raises(SettingsError) as refused:
        http_settings()
    assert "  HOST: It is not an address" in str(refused.value)
    assert "AUTH_TOKEN" not in str(refused.value)


@pytest.mark.parametrize("host", ["::1", "[::1]", "127.0.0.2", "LOCALHOST", "localhost."])
def test_every_form_of_an_address_is_taken_as_a_host(host: str, env: pytest.MonkeyPatch) -> None:
    env.setenv("HOST", host)
    env.setenv("ALLOW_UNAUTHENTICATED", "true")
    env.setenv("PROVIDER", "sketch")
    assert http_settings().host == host


@pytest.mark.parametrize(
    "token", ["pa$$word-of-16-letters", "a%xyz%b-1234567890", "{curly}-12345678"]
)
def test_a_token_with_odd_characters_is_taken(token: str, env: pytest.MonkeyPatch) -> None:
    env.setenv("AUTH_TOKEN", token)
    assert value_of(http_settings(), "AUTH_TOKEN") == token


@pytest.mark.parametrize("at_home", [True, False])
def test_no_default_lies_in_a_working_directory(at_home: bool, env: pytest.MonkeyPatch) -> None:
    settings = load_settings(at_home=at_home)
    here = Path.cwd()
    for folder in (settings.cache_dir, settings.data_dir, settings.images_folder):
        assert folder.is_absolute()
        assert not folder.is_relative_to(here)


def test_all_entry_points_have_one_cache(env: pytest.MonkeyPatch) -> None:
    folders = {load_settings(at_home=True).cache_dir, command_settings().cache_dir}
    assert folders == {http_settings().cache_dir}
