"""How an uploaded table is read: found out, shown, and open to change."""

import pandas as pd
import streamlit as st

from pages.parts.cached import helper
from pages.parts.messages import counted, errors_shown, plain, working
from pages.parts.upload import Upload
from tlcore.data.csv.encoding import ENCODINGS
from tlcore.data.csv.load import CsvOptions
from tlcore.data.look import FileLook

_DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}


def read_upload(upload: Upload) -> tuple[FileLook, CsvOptions] | None:
    """Show what a table holds and let the user correct how it is read; None after the reason was shown."""
    options = _how_written(upload)
    look = _look(upload, options)
    if look is None:
        return None
    st.caption(_how_read(look))
    st.dataframe(pd.DataFrame(look.preview), hide_index=True, height=220, alt="The first rows of the file")
    return look, _bad_rows(look, options)


def _how_written(upload: Upload) -> CsvOptions:
    """Encoding, separator and header; "found out" unless the user says otherwise."""
    with st.popover("How the file is written", icon=":material/tune:"):
        key = upload["path"]
        encoding = st.selectbox(
            "Encoding", [None, *ENCODINGS], format_func=lambda name: name or "found out", key=f"encoding_{key}"
        )
        delimiter = st.selectbox(
            "Columns are separated by",
            [None, *_DELIMITERS],
            format_func=lambda mark: _DELIMITERS.get(mark, "found out"),
            key=f"delimiter_{key}",
        )
        header = st.selectbox(
            "The first row names the columns",
            [None, True, False],
            format_func=lambda value: {None: "found out", True: "yes", False: "no"}[value],
            key=f"header_{key}",
        )
    return CsvOptions(encoding=encoding, delimiter=delimiter, header=header)


def _look(upload: Upload, options: CsvOptions) -> FileLook | None:
    """What the file holds, asked for once; None after the reason was shown."""
    key = (upload["path"], options.model_dump_json())
    if st.session_state.get("look_key") != key:
        with errors_shown(), working("Reading the file…") as say:
            params = {"path": upload["path"], "options": options.model_dump(mode="json"), "file_name": upload["name"]}
            found = helper().call("look_at", params, say)
            st.session_state["look"], st.session_state["look_key"] = FileLook.model_validate(found), key
    return st.session_state["look"] if st.session_state.get("look_key") == key else None


def _how_read(look: FileLook) -> str:
    """How the file was read, in one line."""
    report = look.report
    separator = _DELIMITERS.get(report.delimiter, report.delimiter)
    facts = [
        f"{counted(report.rows, 'row')}, {counted(len(report.columns), 'column')}",
        f"read as {report.encoding}",
        f"separated by {plain(separator)}",
    ]
    facts += [
        f"column {plain(was or 'without a name')} is called {plain(now)} here" for now, was in list(report.renamed.items())[:5]
    ]
    return " · ".join(facts)


def _bad_rows(look: FileLook, options: CsvOptions) -> CsvOptions:
    """What to do with rows that cannot be read."""
    report = look.report
    if not report.skipped:
        return options
    st.warning(f"{counted(report.skipped, 'row')} cannot be read.", icon=":material/warning:")
    with st.popover("Which ones"):
        st.text("\n".join(str(row) for row in report.bad_rows[:100]))
    skip = st.radio("These rows", ["leave them out", "stop, I will mend the file"], key="bad_rows") == "leave them out"
    return options.model_copy(update={"bad_rows": "skip" if skip else "stop"})
