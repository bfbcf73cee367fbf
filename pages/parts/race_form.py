"""The choices that make an experiment, in three levels; what a level does not show keeps its default."""

import streamlit as st

from pages.parts.augmentation import preview
from pages.parts.cached import dataset_items, workspace
from pages.parts.forms import strategy_settings
from pages.parts.words import keyed
from tlcore.encoders.catalogue import encoder_cards
from tlcore.experiments.plan import budget_ladder
from tlcore.experiments.spec import MAX_NAME, ExperimentSpec, spec_for
from tlcore.records import IMAGE_SIZES, Budget, DatasetCard
from tlcore.training.catalogue import STRATEGIES

LEVELS = ("Defaults", "Usual choices", "Every setting")
_QUESTION = ": transfer or scratch?"
_LADDER = (50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000)


def race_form(card: DatasetCard) -> ExperimentSpec:
    """The spec that the form says now."""
    level = st.segmented_control(
        "How much do you want to decide?", LEVELS, default=LEVELS[0], required=True, key="level", persist_state="session"
    )
    spec = spec_for(card, name=f"{card.name[: MAX_NAME - len(_QUESTION)]}{_QUESTION}")
    if level == LEVELS[0]:
        _explain(card)
    else:
        spec = _usual_choices(spec, card)
    return _every_setting(spec) if level == LEVELS[2] else spec


def _explain(card: DatasetCard) -> None:
    """What the defaults do, in words."""
    cells = st.grid(len(STRATEGIES), min_column_width=190)
    for strategy in STRATEGIES.values():
        with cells.cell(), st.container(border=True, height="stretch"):
            st.markdown(f"**{strategy.name}**")
            st.caption(strategy.about_for(card.modality))
    st.caption("Each runs three times, with other draws of the same rows, so that the answer comes with its uncertainty.")


def _usual_choices(spec: ExperimentSpec, card: DatasetCard) -> ExperimentSpec:
    """Name, strategies, encoder, labels, seeds."""
    encoders = {
        encoder.id: encoder.name
        for encoder in encoder_cards(workspace())
        if encoder.ready and encoder.modality == card.modality
    }
    name = st.text_input("Name", spec.name, max_chars=MAX_NAME, key=f"race_name_{card.id}", persist_state="session")
    strategies = st.pills(
        "Strategies",
        list(STRATEGIES),
        selection_mode="multi",
        default=list(spec.strategies),
        format_func=lambda strategy: STRATEGIES[strategy].name,
        key="race_strategies",
        persist_state="session",
    )
    left, middle, right = st.columns(3, vertical_alignment="bottom")
    chosen = left.multiselect(
        "Encoder",
        list(encoders),
        default=list(spec.encoders),
        format_func=lambda encoder: encoders[encoder],
        key=keyed("race_encoders", card.modality),
        help="The pre-trained network that transfer starts from.",
        persist_state="session",
    )
    n_train = _training_part(card, spec.test_share)
    budgets = middle.multiselect(
        "Labels a run may use in all",
        ["all", *(str(step) for step in _LADDER if step < n_train)],
        default=["all"],
        key=f"race_budgets_{card.id}",
        accept_new_options=True,
        help="Several numbers show how the answer changes with more labels. Type a number to add it.",
        persist_state="session",
    )
    ladder = ["all" if rung == n_train else str(rung) for rung in budget_ladder(n_train, len(card.classes))]
    st.button(
        f"Several numbers of labels: {', '.join(ladder)}",
        icon=":material/stairs:",
        key="race_ladder",
        on_click=st.session_state.__setitem__,
        args=(f"race_budgets_{card.id}", ladder),
        help="Shows how many labels transfer saves. Takes about as many times as long as there are numbers, or less.",
    )
    seeds = right.number_input(
        "Repeats (seeds)",
        1,
        50,
        spec.seeds,
        key="race_seeds",
        help="More repeats, narrower intervals, longer wait.",
        persist_state="session",
    )
    choices = {"name": name, "strategies": tuple(strategies), "encoders": tuple(chosen), "seeds": seeds}
    if card.modality == "image":
        choices["image_size"] = _image_size(spec.image_size)
    return spec.model_copy(update={**choices, "budgets": tuple(_budget(text) for text in budgets)})


def _training_part(card: DatasetCard, test_share: float) -> int:
    """Items that may be trained on: exact for the user's own parts, and near enough for a drawn one."""
    if not card.own_split:
        return max(round((1 - test_share) * card.items), 1)
    return max(int((dataset_items(card.id)["part"] != "test").sum()), 1)


def _image_size(usual: int | None) -> int | None:
    """The working resolution, with what it costs beside the usual one; the forecast below says it in time."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        size = st.segmented_control(
            "Working resolution",
            IMAGE_SIZES,
            default=usual,
            format_func=lambda pixels: f"{pixels} px",
            required=True,
            key="race_image_size",
            help="Every strategy sees each picture at this many pixels a side. More shows finer detail and takes longer.",
            persist_state="session",
        )
        if size and usual and size != usual:
            st.caption(f"{(size / usual) ** 2:.1f} times the pixels of {usual} px, and about as many times the work.")
    return size


def _budget(text: str) -> Budget:
    """A budget as typed; what is no number counts as 0, which the engine refuses with a sentence."""
    digits = "".join(text.split()).replace(",", "")
    if digits.lower() in ("all", "ladder"):
        return "all" if digits.lower() == "all" else "ladder"
    return int(digits) if digits.isdecimal() and len(digits) < 10 else 0


def _every_setting(spec: ExperimentSpec) -> ExperimentSpec:
    """The split, the practical band, and how each strategy trains."""
    left, middle, right = st.columns(3, vertical_alignment="bottom")
    percent = left.number_input("Locked test set, % of the data", 5, 50, 20, key="race_test", persist_state="session")
    band = middle.number_input(
        "Practical band, points",
        0.0,
        20.0,
        100 * spec.band,
        step=0.5,
        key="race_band",
        help="A difference in accuracy smaller than this does not matter to you.",
        persist_state="session",
    )
    split_seed = right.number_input("Seed of the split", 0, 10_000, 0, key="race_split", persist_state="session")
    settings = {}
    for strategy in spec.strategies:
        card = STRATEGIES[strategy]
        # Sixty inputs that nobody looks at would make every click wait, so only an open part draws its own.
        with st.expander(card.name, icon=":material/tune:", key=f"open_{strategy}", on_change="rerun") as part:
            settings[strategy] = strategy_settings(card, spec.modality, shown=bool(part.open))
            if part.open and "augmentation" in card.fields_for(spec.modality):
                preview(spec, strategy, settings[strategy])
    return spec.model_copy(
        update={"test_share": percent / 100, "band": band / 100, "split_seed": int(split_seed), "settings": settings}
    )
