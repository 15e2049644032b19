"""Text from outside cannot act on a terminal, and is bounded."""

import sys
from time import perf_counter
from unicodedata import bidirectional, category

import pytest

from domain.untrusted_text import UNSAFE, several_lines, single_line

BIDI_CONTROLS = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
MARKS = "\u061c\u200e\u200f"


def test_exactly_the_characters_that_do_harm_are_unsafe() -> None:
    """By Unicode's tables: controls, except line breaks; bidirectional controls; surrogates."""
    for number in range(sys.maxunicode + 1):
        character = chr(number)
        is_control = category(character) == "Cc" and character not in "\t\n\v\f\r"
        is_directional = bidirectional(character) in BIDI_CONTROLS or character in MARKS
        expected = is_control or is_directional or category(character) == "Cs"
        assert bool(UNSAFE.match(character)) == expected, hex(number)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (
            "Br\u00fccke \U0001f309 \u05d2\u05e9\u05e8 a\u200db",
            "Br\u00fccke \U0001f309 \u05d2\u05e9\u05e8 a\u200db",
        ),
        ("a\x1b[31mb\x9bc\x00d\x7f", "a?[31mb?c?d?"),
        ("a\r\nb\rc\nd\te\u2028f\x85g", "a b c d e f g"),
        ("\u202egnp\u2066", "?gnp?"),
        ("half \ud83d", "half ?"),
    ],
)
def test_a_line_has_a_question_mark_for_each_unsafe_character(text: str, line: str) -> None:
    assert single_line(text, 100) == line
    assert single_line(line, 100) == line


def test_several_lines_keep_their_line_feeds_and_tabs() -> None:
    assert several_lines("a\r\nb\rc\nd\te\u2028f \x1b[0m") == "a\nb\nc\nd\te\nf ?[0m"


def test_a_long_text_is_cut() -> None:
    assert single_line("abcdef", 6) == "abcdef"
    assert (single_line("abcdefg", 6), several_lines("abcdefg", 6)) == (
        "abcde\u2026",
        "abcde\u2026",
    )


def test_a_text_of_a_million_characters_takes_no_time() -> None:
    started = perf_counter()
    for text in ("x" * 10**6, "\r" * 10**6, "\x1b" * 10**6):
        single_line(text, 10)
    assert perf_counter() - started < 2
