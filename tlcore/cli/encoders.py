"""`encoders`: the pre-trained networks there are."""

from pathlib import Path
from typing import Annotated

import typer

from tlcore.cli.documents import encoder_document
from tlcore.cli.session import Session, command, group, table

app = typer.Typer()


@group(app, alone=True)
def encoders(session: Session) -> None:
    """Encoders; alone: list them."""
    if session.subcommand is None:
        _list(session)


@command(app, "list")
def show_all(session: Session) -> None:
    """List the encoders."""
    _list(session)


@command(app, "add")
def add(
    session: Session,
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Folder of a transformers model with safetensors weights.")],
    name: Annotated[str | None, typer.Option(metavar="NAME", help="Its id here; the folder's name when left out.")] = None,
) -> None:
    """Copy an encoder from a folder into the workspace."""
    from tlcore.encoders.catalogue import add_encoder

    card = add_encoder(session.workspace, folder, name)
    session.answer(encoder_document(card), f"Added encoder {card.id}.")


def _list(session: Session) -> None:
    """All encoders as the answer."""
    from tlcore.encoders.catalogue import encoder_cards

    cards = encoder_cards(session.workspace)
    rows = [
        (card.id, card.name, card.modality, card.dim, len(card.blocks), "ready" if card.ready else "not downloaded")
        for card in cards
    ]
    columns = ("id", "name", "modality", "width", "blocks", "state")
    session.answer({"encoders": [encoder_document(card) for card in cards]}, table(columns, rows))
