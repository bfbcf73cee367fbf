"""CSV files: what they look like, and every cell of them as text in an Arrow file, exactly as it was written.

All encodings of `ENCODINGS` and any delimiter, `.tsv` and `.csv.gz` too. Cells keep their text: `NA`, `007`, `1.0` and blank
cells stay what they are, and so do control, zero-width and right-to-left characters; only NUL characters are left out.
Empty lines are no rows.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tlcore.data.csv.arrow import ArrowRows
from tlcore.data.csv.audit import Audit
from tlcore.data.csv.judge import UNDECODED
from tlcore.data.csv.records import LINE_COLUMN, LISTED, BadRow, CsvGuess, CsvOptions, CsvReport
from tlcore.data.csv.source import Source, Text, open_source
from tlcore.data.csv.table import examine, limits_of, no_data_rows
from tlcore.errors import DataError
from tlcore.files import atomic_path, sha256_of
from tlcore.settings import Settings

__all__ = ["LINE_COLUMN", "BadRow", "CsvGuess", "CsvOptions", "CsvReport", "load_csv", "sniff"]

OnShare = Callable[[float], None]
"""Called with the share of the work done, 0-1; may raise `Stopped`."""
_DETECT = CsvOptions()
_NAMED = 5


def sniff(path: Path, options: CsvOptions = _DETECT, file_name: str | None = None) -> CsvGuess:
    """How a file seems to be written, from its first 64 KB; what `options` says is taken as said.

    Raises DataError when the file is of another kind or has no data rows, ChoiceError when an option cannot be.
    """
    settings = Settings()
    source = open_source(path, file_name, settings.max_file_bytes)
    return examine(source, source.encoding(options.encoding), options, settings).guess


def load_csv(
    path: Path,
    options: CsvOptions,
    target: Path,
    settings: Settings,
    file_name: str | None = None,
    on_progress: OnShare | None = None,
) -> CsvReport:
    """Read a file into the Arrow file `target`: every column as text, and in `__line` the line on which each row starts.

    Memory stays bounded whatever the size of the file. Raises DataError when the file cannot be read, is over a limit, has no
    data rows, or has bad rows and `options` does not say to skip them; `target` is then as it was.
    """
    source = open_source(path, file_name, settings.max_file_bytes)
    chosen = options.encoding
    encoding = source.encoding(chosen) if chosen else source.encoding_of_all(limits_of(settings))
    table = examine(source, encoding, options, settings)
    text = Text(source, encoding, limits_of(settings))
    audit = Audit(text, table.writing, table.rules)
    with ThreadPoolExecutor(1) as pool, atomic_path(target, lasting=False) as temporary:
        digest = pool.submit(sha256_of, path)
        with ArrowRows(temporary, table.guess.columns, table.rules.dialect) as rows:
            for good in audit:
                rows.add(good.text, good.lines)
                _check_limit(source, audit, text, settings)
                if options.bad_rows == "stop" and audit.skipped > LISTED:
                    break
                if on_progress:
                    on_progress(text.share)
        _check_rows(source, audit, options)
        sha256 = digest.result()
    guess = table.guess
    return CsvReport(
        columns=guess.columns,
        rows=audit.rows,
        skipped=audit.skipped,
        bad_rows=tuple(audit.bad),
        encoding=guess.encoding,
        delimiter=guess.delimiter,
        quote=guess.quote,
        header=guess.header,
        renamed=guess.renamed,
        sha256=sha256,
    )


def _check_limit(source: Source, audit: Audit, text: Text, settings: Settings) -> None:
    """Raise DataError when there are too many rows; how many there are in all is judged by the part read so far."""
    rows = audit.rows + audit.skipped
    if rows > settings.max_rows:
        raise DataError(
            f"{source.name} has about {rows / text.share:,.0f} rows; the limit is {settings.max_rows:,}. "
            "Give fewer rows, or raise the limit with TLCORE_MAX_ROWS."
        )


def _check_rows(source: Source, audit: Audit, options: CsvOptions) -> None:
    """Raise DataError when there are bad rows that must not be skipped, or no good ones."""
    if audit.skipped and options.bad_rows == "stop":
        more = audit.skipped - _NAMED
        named = [str(bad) for bad in audit.bad[:_NAMED]]
        if more > 0:
            named.append(f"and {'over ' * (audit.skipped > LISTED)}{more:,} more")
        cure = "Mend them, choose another encoding," if any(UNDECODED in bad.problem for bad in audit.bad) else "Mend them,"
        raise DataError(f"{source.name} has rows that cannot be read: {'; '.join(named)}. {cure} or choose to skip bad rows.")
    if not audit.rows:
        why = f"all {audit.skipped:,} were skipped, as {audit.bad[0]}" if audit.bad else "it has only a header line"
        raise no_data_rows(source.name, why)
