import os
import subprocess
import sys
import threading
import time

import psutil
import pytest
from experiment_toys import submit_quietly
from filelock import FileLock

from tlcore.errors import Stopped
from tlcore.experiments import lease
from tlcore.experiments.control import CANCELLED, INTERRUPTED, Control
from tlcore.experiments.lease import Lease, alive, held, read_lease, slot, standing, write_lease
from tlcore.files import write_text
from tlcore.records import RunStatus


@pytest.fixture
def process():
    """A process that does nothing."""
    sleeper = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    yield sleeper
    sleeper.kill()
    sleeper.wait()


def age(control: Control, name: str, seconds: float) -> None:
    then = time.time() - seconds
    os.utime(control.folder / name, (then, then))


def test_a_lease_lives_as_long_as_its_process(control, process):
    write_lease(control, process.pid)
    assert alive(control)
    process.kill()
    deadline = time.monotonic() + 5
    while psutil.Process(process.pid).status() != psutil.STATUS_ZOMBIE and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not alive(control)  # a zombie, as nobody waited for it
    process.wait()
    assert not alive(control)


def test_a_pid_that_was_used_again_is_another_process(control):
    write_lease(control, os.getpid())
    mine = read_lease(control)
    write_text(control.lease_file, mine.model_copy(update={"started": mine.started - 60}).model_dump_json())
    assert not alive(control)


def test_a_worker_whose_start_shifted_with_the_clock_is_still_itself(control):
    code = "import time; time.sleep(60)"
    worker = subprocess.Popen([sys.executable, "-c", code, control.id])
    write_lease(control, worker.pid)
    mine = read_lease(control)
    write_text(control.lease_file, mine.model_copy(update={"started": mine.started - 3600}).model_dump_json())
    assert alive(control)
    worker.kill()
    worker.wait()
    assert not alive(control)


def test_a_process_on_another_host_lives_by_its_heartbeat(control):
    write_text(control.lease_file, Lease(host="elsewhere", pid=1, started=0.0).model_dump_json())
    assert alive(control)
    age(control, "lease.json", lease.STALE_SECONDS + 1)
    assert not alive(control)


def test_a_process_that_sleeps_with_its_laptop_is_not_dead(control):
    write_lease(control, os.getpid())
    age(control, "lease.json", 10 * lease.STALE_SECONDS)
    assert alive(control)


def test_one_about_to_start_counts_as_living_for_a_moment(control):
    assert alive(control)
    age(control, "spec.json", lease.STARTING_SECONDS + 1)
    assert not alive(control)


def test_only_one_owns_an_experiment_and_its_lease_stays_fresh(control, monkeypatch):
    monkeypatch.setattr(lease, "HEARTBEAT_SECONDS", 0.05)
    with held(control) as mine:
        assert mine
        assert read_lease(control).pid == os.getpid()
        with held(control) as theirs:
            assert not theirs
        age(control, "lease.json", 100)
        time.sleep(0.3)
        assert time.time() - control.lease_file.stat().st_mtime < 5
    with held(control) as mine:
        assert mine


@pytest.mark.parametrize(
    ("slot_number", "dead", "cancelled", "expected"),
    [
        (None, False, False, (RunStatus.SCHEDULED, "")),
        (None, True, False, (RunStatus.SCHEDULED, "")),
        (0, False, False, (RunStatus.RUNNING, "")),
        (0, True, False, (RunStatus.KILLED, INTERRUPTED)),
        (0, True, True, (RunStatus.KILLED, CANCELLED)),
    ],
)
def test_the_folder_tells_where_an_experiment_stands(control, process, slot_number, dead, cancelled, expected):
    write_lease(control, process.pid, slot_number)
    if cancelled:
        control.ask_cancel()
    if dead:
        process.kill()
        process.wait()
    assert standing(control) == expected
    control.write_ending(RunStatus.FINISHED)
    assert standing(control) == (RunStatus.FINISHED, "")


def test_slots_go_by_place_in_line_not_by_who_asks_first(tiny_workspace, spec):
    early, late = (
        submit_quietly(tiny_workspace, spec, name * 12, queued_at=f"2026-01-0{day}T00:00:00+00:00")
        for name, day in (("a", 1), ("b", 2))
    )
    order, waits = [], []

    def work(control):
        write_lease(control, os.getpid())
        with slot(control, 1, lambda ahead: waits.append((control.id[0], ahead))):
            order.append(control.id[0])
            time.sleep(0.1)
        control.write_ending(RunStatus.FINISHED)

    blocker = FileLock(tiny_workspace.queue / "slot-0.lock")
    blocker.acquire()
    threads = [threading.Thread(target=work, args=(control,)) for control in (late, early)]
    for thread in threads:
        thread.start()
        time.sleep(0.1)
    blocker.release()
    for thread in threads:
        thread.join(10)
    assert order == ["a", "b"]
    assert ("b", 1) in waits
    assert ("a", 0) in waits


def test_several_slots_are_used_at_once_and_no_more(tiny_workspace, spec):
    controls = [submit_quietly(tiny_workspace, spec, f"{number:012x}") for number in range(3)]
    for control in controls:
        write_lease(control, os.getpid())
    with slot(controls[0], 2, print), slot(controls[1], 2, print):
        assert [read_lease(control).slot for control in controls] == [0, 1, None]
        controls[2].ask_cancel()
        with pytest.raises(Stopped), slot(controls[2], 2, print):
            pass


def test_a_dead_process_ahead_in_line_holds_nobody_up(tiny_workspace, spec, process):
    dead, living = (submit_quietly(tiny_workspace, spec, name * 12) for name in "ab")
    write_lease(dead, process.pid)
    process.kill()
    process.wait()
    with slot(living, 1, pytest.fail):
        pass
