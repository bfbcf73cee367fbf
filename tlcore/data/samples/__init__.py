"""Datasets to try the project without a file of one's own: CSV files in this folder, and pictures that are made on demand."""

from pathlib import Path

from tlcore.errors import ChoiceError
from tlcore.records import Modality, Record, Task

_HERE = Path(__file__).parent


class Sample(Record):
    """A CSV file in this folder and how to read it, or pictures that `make_sample` writes."""

    name: str
    about: str
    """One sentence for the analyst."""
    task: Task
    modality: Modality = "text"
    file: str = ""
    """Of texts; "" for pictures, and so are the columns."""
    text: str = ""
    label: str = ""

    @property
    def path(self) -> Path:
        """Where the file of texts is."""
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
    "surfaces": Sample(
        name="Surface inspection",
        about=(
            "600 drawn pictures of metal, wood, concrete, fabric and plastic: clean, or with a scratch, dent, stain or crack. "
            "Hard to learn from nothing."
        ),
        task="classification",
        modality="image",
    ),
    "digits": Sample(
        name="Handwritten digits",
        about="400 of scikit-learn's digits, 8 × 8 pixels each. A simple baseline is hard to beat here: see for yourself.",
        task="classification",
        modality="image",
    ),
}
"""Name on the command line -> sample."""


def make_sample(name: str, folder: Path) -> Path:
    """Write a sample of pictures into `folder`, a folder a class, and return it; takes up to ten seconds.

    The same bytes every time. Raises ChoiceError for a name that is no sample of pictures.
    """
    if name == "surfaces":
        from tlcore.data.samples.surfaces import draw_surfaces

        return draw_surfaces(folder)
    if name == "digits":
        from tlcore.data.samples.digits import write_digits

        return write_digits(folder)
    known = ", ".join(name for name, sample in SAMPLES.items() if sample.modality == "image")
    raise ChoiceError(f"There is no sample of pictures called “{name}”. Choose one of {known}.")
