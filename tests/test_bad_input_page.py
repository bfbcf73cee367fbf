"""The page about bad input promises tests; they are there."""

import ast
import re
from pathlib import Path

TESTS = Path(__file__).parent
PAGE = TESTS.parent / "docs" / "bad-input.md"


def test_every_test_that_the_page_names_is_there():
    named = set(re.findall(r"`([\w/]+\.py)::(\w+)`", PAGE.read_text()))
    assert len(named) > 50
    there = {
        (path, node.name)
        for path in {path for path, _ in named}
        for node in ast.walk(ast.parse((TESTS / path).read_text()))
        if isinstance(node, ast.FunctionDef)
    }
    assert named - there == set()


def test_every_case_has_its_proof():
    rows = [line for line in PAGE.read_text().splitlines() if re.match(r"\| \d+ \|", line)]
    assert [int(row.split("|")[1]) for row in rows] == [*range(1, 28), *range(29, 32), 40]
    assert all("::test_" in row.split("|")[-2] for row in rows)
