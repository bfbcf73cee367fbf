"""Reads every import: layers go down only, the engine knows no screen, and what pages load is light."""

import ast
import subprocess
import sys
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
LEVELS = {
    "errors": 0,
    **dict.fromkeys(("records", "settings", "runtime", "files"), 1),
    **dict.fromkeys(("data", "evaluation"), 2),
    "encoders": 3,
    "training": 4,
    "models": 5,
    "experiments": 6,
    **dict.fromkeys(("report", "charts"), 7),
    **dict.fromkeys(("cli", "__main__"), 8),
}
STRANGERS = {"data", "evaluation"}
"""Of one level, but in folders of their own, so neither imports the other."""
LIGHT = (
    "tlcore",
    "tlcore.records",
    "tlcore.settings",
    "tlcore.runtime",
    "tlcore.encoders.catalogue",
    "tlcore.training.catalogue",
    "tlcore.training.settings",
    "tlcore.experiments.spec",
    "tlcore.experiments.plan",
    "tlcore.experiments.queue",
    "tlcore.experiments.store",
    "tlcore.experiments.results",
    "tlcore.cli",
)
LIGHT_FOLDERS = ("tlcore/data", "tlcore/charts", "tlcore/evaluation")
HEAVY = ("torch", "transformers", "sentence_transformers", "sklearn", "scipy", "mlflow", "duckdb", "datasketch")
UNSAFE = {"pickle", "cloudpickle", "dill", "joblib", "shelve", "marshal"}


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {name_of(path): path for path in [ROOT / "app.py", *(ROOT / "tlcore").rglob("*.py"), *(ROOT / "pages").rglob("*.py")]}


@cache
def imports(module: str) -> frozenset[str]:
    """Everything a module imports anywhere in it: modules of ours by their full name, others by their first word."""
    found = set()
    for node in ast.walk(ast.parse(MODULES[module].read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} has a relative import"
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                found.add(inner if inner in MODULES else str(node.module))
    return frozenset(name if name in MODULES else name.partition(".")[0] for name in found)


def ours(module: str) -> frozenset[str]:
    return imports(module) & MODULES.keys()


def unit(module: str) -> str | None:
    """The file or folder of tlcore that a module belongs to; None for the package itself."""
    return module.split(".")[1] if "." in module else None


def engine() -> list[str]:
    return [module for module in MODULES if module.startswith("tlcore")]


def may_import(source: str, target: str) -> bool:
    if source == target:
        return True
    if LEVELS[source] == LEVELS[target]:
        return not {source, target} <= STRANGERS
    return LEVELS[source] > LEVELS[target]


def test_every_part_of_the_engine_has_a_level():
    assert {unit(module) for module in engine()} - {None} <= LEVELS.keys()


def test_imports_go_down_only():
    broken = [
        f"{module} imports {target}"
        for module in engine()
        for target in ours(module)
        if unit(module) and unit(target) and not may_import(str(unit(module)), str(unit(target)))
    ]
    assert broken == []


def test_no_modules_import_each_other_in_a_circle():
    # The package itself hands out `load_model` when asked for it, so it stands above all and is no part of a circle.
    graph = {module: ours(module) - {"tlcore", module} for module in MODULES if module != "tlcore"}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" → ".join(error.args[1]))


def test_the_engine_knows_no_screen():
    assert [module for module in engine() if imports(module) & {"streamlit", "pages", "app"}] == []
    assert [module for module in engine() if any(target.startswith("pages") for target in ours(module))] == []


def test_no_page_is_imported_by_anything():
    pages = {module for module, path in MODULES.items() if path.parent == ROOT / "pages" and path.name != "__init__.py"}
    assert {module: ours(module) & pages for module in MODULES if ours(module) & pages} == {}


def test_only_the_run_store_speaks_to_mlflow():
    outside = [module for module in MODULES if "mlflow" in imports(module) and not module.startswith("tlcore.experiments.")]
    assert outside == []


def test_nothing_can_read_or_write_a_pickle():
    assert {module: imports(module) & UNSAFE for module in MODULES if imports(module) & UNSAFE} == {}


def test_what_pages_import_is_light():
    from_pages = {target for module in MODULES if not module.startswith("tlcore") for target in ours(module)}
    folders = {module for module in engine() if MODULES[module].is_relative_to(ROOT) and in_light_folder(MODULES[module])}
    wanted = sorted(module for module in {*LIGHT, *from_pages, *folders} if module.startswith("tlcore"))
    script = (
        "import importlib, sys\n"
        f"for module in {wanted}:\n"
        "    importlib.import_module(module)\n"
        f"    heavy = set({HEAVY}) & set(sys.modules)\n"
        "    if heavy: sys.exit(f'{module} loads {sorted(heavy)}')\n"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stderr, done.stdout) == (0, "", "")


def in_light_folder(path: Path) -> bool:
    return any(path.is_relative_to(ROOT / folder) for folder in LIGHT_FOLDERS)


@pytest.mark.parametrize(
    ("source", "target", "allowed"),
    [
        ("training", "encoders", True),
        ("encoders", "training", False),
        ("data", "evaluation", False),
        ("files", "errors", True),
        ("settings", "records", True),
        ("records", "data", False),
        ("experiments", "charts", False),
        ("report", "charts", True),
    ],
)
def test_the_rule_itself(source, target, allowed):
    assert may_import(source, target) is allowed
