"""Datasets that ship with the project, to try it without a file of one's own."""

from pathlib import Path

from tlcore.records import Record, Task

_HERE = Path(__file__).parent


class Sample(Record):
    """A file in this folder and how to read it."""

    file: str
    name: str
    about: str
    """One sentence for the analyst."""
    text: str
    label: str
    task: Task

    @property
    def path(self) -> Path:
        """Where the file is."""
        return _HERE / self.file


SAMPLES: dict[str, Sample] = {
    "reviews": Sample(
        file="reviews.csv",
        name="Product reviews: sentiment",
        about="675 product reviews, short and long, plain and ironic, labelled negative, neutral or positive.",
        text="review",
        label="sentiment",
        task="sentiment",
    ),
    "review-topics": Sample(
        file="reviews.csv",
        name="Product reviews: topic",
        about="The same 675 reviews, labelled with what was bought: clothing, electronics, garden, kitchen, toys, travel.",
        text="review",
        label="topic",
        task="classification",
    ),
}
"""Name on the command line -> sample."""
