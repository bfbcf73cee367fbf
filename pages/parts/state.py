"""What a visitor has chosen: kept in the address, so that a link opens the same thing, and in the session between pages."""

from collections.abc import Mapping

import streamlit as st


def chosen(kind: str) -> str | None:
    """The id of `kind` ("dataset", "experiment", "run") in the address, else the one last chosen in this session."""
    return st.query_params.get(kind) or st.session_state.get(f"chosen_{kind}")


def remember(kind: str, value: str | None) -> None:
    """Keep a choice in the address and the session."""
    if value is None:
        st.query_params.pop(kind, None)
        st.session_state.pop(f"chosen_{kind}", None)
    else:
        st.session_state[f"chosen_{kind}"] = value
        if st.query_params.get(kind) != value:
            st.query_params[kind] = value


def choose(label: str, kind: str, names: Mapping[str, str]) -> str | None:
    """A select box over ids shown by name; its value is the address's, else the only one there is.

    A link to something deleted is said, not shown.
    """
    wanted = chosen(kind)
    if wanted is None and len(names) == 1:
        [wanted] = names
    if wanted is not None and wanted not in names:
        what = kind.replace("_", " ")
        st.warning(
            f"The {what} this link or page pointed to is not here any more. Choose another one.", icon=":material/link_off:"
        )
        remember(kind, None)
        wanted = None
    ids = list(names)
    value = st.selectbox(
        label,
        ids,
        index=ids.index(wanted) if wanted else None,
        format_func=lambda key: names[key],
        placeholder="Choose one",
        key=f"choose_{kind}_{wanted}_{len(ids)}",
    )
    remember(kind, value)
    if value != wanted:
        st.rerun()
    return value
