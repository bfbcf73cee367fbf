"""What a command said, and how a refusal looks."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Answer:
    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """Standard output as JSON; fails if there is anything else in it."""
        assert self.out, self.err
        return json.loads(self.out)


Call = Callable[..., Answer]


def assert_refused(answer: Answer, *words: str) -> None:
    """One plain sentence on stderr with these words in it, exit code 2, and nothing else."""
    assert answer.code == 2, answer.err
    assert answer.out == ""
    lines = answer.err.strip().splitlines()
    assert len(lines) == 1, answer.err
    assert lines[0].endswith("."), lines[0]
    assert not set(lines[0]) & set("╭│╰\x1b")
    for word in words:
        assert word in lines[0]
