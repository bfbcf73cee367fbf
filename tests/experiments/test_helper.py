"""The helper process and its client. Requests that only tests need are patched into the process through its path."""

import json
import os
import subprocess
import sys
import textwrap
import threading
import time

import psutil
import pytest

from tlcore import errors
from tlcore.data.store import DatasetStore
from tlcore.errors import ChoiceError, DataError, NotFoundError, Stopped, TransferLabError
from tlcore.experiments.helper import Helper

PATCH = """
    import importlib.util, sys
    class Odd:
        def find_spec(self, name, path, target=None):
            if name != "tlcore.settings": return None
            sys.meta_path.remove(self)
            found = importlib.util.find_spec(name)
            load = found.loader.exec_module
            def exec_module(module):
                load(module)
                kept = module.Workspace.__init__
                def init(self, root=None):
                    kept(self, root)
                    main = sys.modules["__main__"]
                    if hasattr(main, "METHODS"): main.METHODS.update(METHODS)
                module.Workspace.__init__ = init
            found.loader.exec_module = exec_module
            return found
    sys.meta_path.insert(0, Odd())
    import os, time
    def die(workspace, say): os._exit(9)
    def echo(workspace, say, value):
        print("a library prints this")
        for done in range(3): say(done, 3)
        return {"value": value, "pid": os.getpid()}
    def heavy(workspace, say): return sorted({"torch", "mlflow", "streamlit"} & set(sys.modules))
    def fault(workspace, say): raise ZeroDivisionError("secret detail")
    def sleep(workspace, say, seconds):
        say(0, 1)
        time.sleep(seconds)
    METHODS = {function.__name__: function for function in (die, echo, heavy, fault, sleep)}
"""


@pytest.fixture
def helper(workspace, tmp_path, monkeypatch):
    """A helper that knows a few odd methods more."""
    patches = tmp_path / "patches"
    patches.mkdir()
    (patches / "sitecustomize.py").write_text(textwrap.dedent(PATCH))
    monkeypatch.setenv("PYTHONPATH", str(patches))
    helper = Helper(workspace)
    yield helper
    helper.close()


def test_a_call_brings_progress_then_the_answer_whatever_libraries_print(helper):
    seen = []
    answer = helper.call("echo", {"value": "é\n\u2028"}, lambda done, total: seen.append((done, total)))
    assert answer["value"] == "é\n\u2028"
    assert answer["pid"] != os.getpid()
    assert seen == [(0, 3), (1, 3), (2, 3)]
    assert helper.call("echo", {"value": 1})["pid"] == answer["pid"]


def test_importing_a_csv_loads_no_torch_and_errors_come_back_as_they_are(helper, workspace, tmp_path):
    path = tmp_path / "upload.csv"
    path.write_text(
        "text,label\n" + "".join(f"a text about the {word} number {n},{word}\n" for n in range(20) for word in ("cat", "dog"))
    )
    params = {"path": str(path), "choices": {"text": "text", "label": "label"}, "file_name": "pets.csv"}
    card = helper.call("import_csv", params)
    assert DatasetStore(workspace).card(card["id"]).classes == {"cat": 20, "dog": 20}
    path.write_text("text,label\n")
    with pytest.raises(DataError, match=r"pets\.csv has no data rows") as error:
        helper.call("import_csv", params)
    assert type(error.value) is DataError
    with pytest.raises(NotFoundError):
        helper.call("predict", {"model": "nothing", "items": ["a text"]})
    with pytest.raises(ChoiceError, match="dance"):
        helper.call("dance")
    assert helper.call("heavy") == []
    assert len(DatasetStore(workspace).list()) == 1


def test_a_fault_is_one_sentence_and_its_trace_is_in_the_log(helper, workspace):
    with pytest.raises(TransferLabError, match="ZeroDivisionError") as error:
        helper.call("fault")
    assert "secret" not in str(error.value)
    assert "secret detail" in (workspace.root / "helper.log").read_text()
    assert helper.call("echo", {"value": 1})["value"] == 1


def test_a_helper_that_dies_is_said_and_another_one_takes_the_next_call(helper):
    first = helper.call("echo", {"value": 1})["pid"]
    with pytest.raises(TransferLabError, match="ended unexpectedly"):
        helper.call("die")
    second = helper.call("echo", {"value": 2})["pid"]
    assert second != first
    psutil.Process(second).kill()
    assert helper.call("echo", {"value": 3})["value"] == 3


def test_a_caller_who_leaves_in_the_middle_disturbs_nobody(helper):
    def leave(done, total):
        raise Stopped("the page was left")

    with pytest.raises(Stopped):
        helper.call("sleep", {"seconds": 60}, leave)
    assert helper.call("echo", {"value": "next"})["value"] == "next"


def test_threads_and_handles_share_one_process_and_get_their_own_answers(helper, workspace):
    answers = {}

    def ask(value):
        answers[value] = Helper(workspace).call("echo", {"value": value})

    threads = [threading.Thread(target=ask, args=(value,)) for value in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {value: answer["value"] for value, answer in answers.items()} == {value: value for value in range(8)}
    assert len({answer["pid"] for answer in answers.values()}) == 1


def test_it_ends_with_its_parent_even_at_work(helper, workspace):
    code = """
        import os, threading
        from tlcore.experiments.helper import Helper
        from tlcore.settings import Workspace
        helper = Helper(Workspace())
        print(helper.call("echo", {"value": 1})["pid"], flush=True)
        threading.Thread(target=helper.call, args=("sleep", {"seconds": 60}, lambda done, total: os._exit(0))).start()
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=True)
    deadline = time.monotonic() + 10
    while psutil.pid_exists(int(done.stdout)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not psutil.pid_exists(int(done.stdout))


def test_it_ends_itself_when_idle(workspace):
    code = """
        import sys
        from tlcore.experiments.helper_process import serve
        from tlcore.settings import Workspace
        serve(sys.stdin, sys.stdout, Workspace(), idle_seconds=0.2)
    """
    idle = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    idle.stdin.write(json.dumps({"method": "dance", "params": {}}) + "\n")
    idle.stdin.flush()
    assert idle.wait(30) == 0
    assert [set(json.loads(line)) for line in idle.stdout] == [{"accepted"}, {"error"}]
    idle.communicate()


def test_every_error_there_is_survives_the_way_back():
    from tlcore.experiments.helper import _error

    for name, kind in vars(errors).items():
        if isinstance(kind, type):
            assert type(_error(name, "a sentence")) is kind
    assert type(_error("Nonsense", "a sentence")) is TransferLabError
