"""Executing one unit of work: a notebook, for an area, with parameters.

A unit is independent of every other and carries names only, so that it can run in any process or on any
machine that has the same home. `Engine` is all that the batch knows of how it is run.
"""

from __future__ import annotations

import multiprocessing
import os
import re
import signal
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing import connection
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

from evaltools import notebook_files
from evaltools.notebook_parameters import Value

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.context import SpawnProcess

Cause = Literal["", "cell", "kernel", "worker", "start", "page", "write"]
"""What went wrong: an error in a cell, the death of its kernel or worker, a kernel that did not start; or the
notebook ran and no page could be made of it, or none be written."""

RECYCLE_AFTER = 100
"""Works after which a worker process is replaced by a new one, against whatever grows."""

START_TIMEOUT = 180
"""Seconds that a kernel may take to start on a slow, busy laptop."""


@dataclass(frozen=True)
class Work:
    """One unit of work: names and values only, never a path. `area` is "" for a notebook about the region."""

    notebook: str
    area: str
    parameters: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    """What became of a work.

    `notebook` is the executed notebook (JSON) when `state` is ok. Otherwise `cell` is the place in the
    notebook's file (from 1, None if it did not come to a cell), `source` that cell, `reason` the error as
    Python says it.
    """

    work: Work
    state: Literal["ok", "failed"]
    cause: Cause = ""
    cell: int | None = None
    source: str = ""
    reason: str = ""
    notebook: str = ""
    seconds: float = 0.0


class Engine(Protocol):
    """Whatever can execute works."""

    def execute(self, works: Iterable[Work], jobs: int) -> Generator[Outcome, None, None]:
        """Yield one outcome for each work as they finish, `jobs` at a time.

        Closing the iterator stops what still runs. A work that fails, or kills its process, is a failed
        outcome and nothing more: the others go on.
        """
        ...  # pragma: no cover


@dataclass(frozen=True)
class PapermillEngine:
    """papermill in `jobs` worker processes, a fresh kernel for each work.

    `home` is the kernels' working folder, `environment` what is set in their environment beside what makes
    them alike everywhere (`_SAME_EVERYWHERE`). Notebooks are `notebooks/<name>.ipynb`.
    """

    home: Path
    notebooks: Path
    environment: Mapping[str, str] = field(default_factory=dict)

    def execute(self, works: Iterable[Work], jobs: int) -> Generator[Outcome, None, None]:
        """Yield one outcome for each work as they finish; see `Engine.execute`."""
        waiting = deque(works)
        # ipython's profile and jupyter's connection files stay out of the user's own folders
        with tempfile.TemporaryDirectory(prefix="evaltools-", ignore_cleanup_errors=True) as scratch:
            workers: list[_Worker] = []
            try:
                while waiting or workers:
                    while waiting and len(workers) < jobs:
                        workers.append(_Worker(self, scratch))
                        workers[-1].give(waiting.popleft())
                    for worker in _ready(workers):
                        outcome = worker.take()
                        if waiting and worker.reusable:
                            worker.give(waiting.popleft())
                        else:
                            workers.remove(worker)
                            worker.retire()
                        yield outcome
            finally:
                _stop(workers)


_SAME_EVERYWHERE = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "PYTHONHASHSEED": "0",
    "PYTHONUTF8": "1",
    # another backend in the user's environment would lose every figure
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    # this interpreter's kernel, not one of the same name in the user's folder
    "JUPYTER_PREFER_ENV_PATH": "1",
    "PYDEVD_DISABLE_FILE_VALIDATION": "1",
}

_NOT_INHERITED = ("PYTHONWARNINGS", "PYTHONWARNDEFAULTENCODING", "PYTHONSTARTUP")
"""What would make a kernel print more on one machine than on another."""

_QUIET = ["--log-level=ERROR"]
"""ipykernel says on every start that it talks over TCP; the address is loopback and signed with a key."""


class _Worker:
    """A worker process and the work it has."""

    def __init__(self, engine: PapermillEngine, scratch: str) -> None:
        context = multiprocessing.get_context("spawn")
        self.connection, theirs = context.Pipe()
        environment = {
            **_SAME_EVERYWHERE,
            "IPYTHONDIR": str(Path(scratch, "ipython")),
            "JUPYTER_RUNTIME_DIR": str(Path(scratch, "jupyter")),
            **engine.environment,
        }
        self.process: SpawnProcess = context.Process(
            target=_serve, args=(theirs, engine.home, engine.notebooks, environment), daemon=True
        )
        with _sigint_ignored():
            self.process.start()
        theirs.close()
        self.work: Work | None = None
        self.done = 0
        self.since = 0.0

    @property
    def reusable(self) -> bool:
        return self.done < RECYCLE_AFTER and self.process.is_alive()

    def give(self, work: Work) -> None:
        self.work, self.since = work, time.perf_counter()
        with suppress(OSError):  # it died; take() says so
            self.connection.send(work)

    def take(self) -> Outcome:
        assert self.work is not None
        try:
            outcome: Outcome = self.connection.recv()
        except (EOFError, OSError):
            self.process.join(5)
            self.done = RECYCLE_AFTER
            seconds = time.perf_counter() - self.since
            code = self.process.exitcode
            return Outcome(self.work, "failed", "worker", reason=f"exit code {code}", seconds=seconds)
        self.done += 1
        return outcome

    def retire(self) -> None:
        self.connection.close()
        self.process.join(30)


@contextmanager
def _sigint_ignored() -> Iterator[None]:
    """A process started inside inherits deafness to Ctrl-C: the parent alone decides when work stops."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _ready(workers: list[_Worker]) -> list[_Worker]:
    while True:
        # a limit, since Windows does not hear Ctrl-C while it waits
        ready = connection.wait([worker.connection for worker in workers], timeout=0.5)
        if ready:
            return [worker for worker in workers if worker.connection in ready]


def _stop(workers: list[_Worker]) -> None:
    for worker in workers:
        worker.process.terminate()
    for worker in workers:
        worker.process.join(15)
        if worker.process.is_alive():
            worker.process.kill()
            worker.process.join()
        worker.connection.close()


_ADDRESS = re.compile(r"\b0x[0-9a-fA-F]{6,}\b")


def plain(text: str) -> str:
    """Return an error's text without terminal colours, memory addresses and this machine's folders."""
    from evaltools.tidying import without_paths

    text = _ADDRESS.sub("0x…", text)
    named = ("EVALTOOLS_HOME", "EVALTOOLS_SHARED", "EVALTOOLS_STANDARDS", "EVALTOOLS_DATA", "IPYTHONDIR")
    folders = [os.environ[name] for name in named if os.environ.get(name)]
    folders += [str(Path.cwd()), sys.prefix, sys.base_prefix, tempfile.gettempdir(), str(Path.home())]
    folders += [os.path.realpath(folder) for folder in folders]
    # an error may show a path as Python writes it, with its backslashes doubled
    folders += [folder.replace("\\", "\\\\") for folder in folders]
    for folder in dict.fromkeys(folders):
        if len(folder) > 3:
            text = re.sub(re.escape(folder) + r"[\\/]*", "", text)
    return without_paths(text).strip()


# --- in the worker process ---------------------------------------------------------------------------------


def _serve(pipe: Connection, home: Path, notebooks: Path, environment: Mapping[str, str]) -> None:
    """Execute works from the pipe until it closes."""
    _settle(environment)
    try:
        while True:
            pipe.send(_execute(pipe.recv(), home, notebooks))
    except (EOFError, BrokenPipeError):
        return


def _settle(environment: Mapping[str, str]) -> None:
    """Make this process ready: environment, silence, and an end when it is told to or its parent is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # SystemExit unwinds nbclient, which shuts its kernel down
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    notebook_files.without_slow_grammar()
    for name in _NOT_INHERITED:
        os.environ.pop(name, None)
    os.environ.update(environment)
    # what kernels and libraries write to the terminal would run through the progress bar
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for descriptor in (1, 2):
        os.dup2(nowhere, descriptor)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()


def _end_with(sentinel: int) -> None:
    connection.wait([sentinel])
    os.kill(os.getpid(), signal.SIGTERM)


def _execute(work: Work, home: Path, notebooks: Path) -> Outcome:
    started = time.perf_counter()
    for attempt in (1, 2):
        outcome = _attempt(work, home, notebooks)
        # two kernels can draw the same free port; that is not the notebook's fault
        if outcome["cause"] != "start" or attempt == 2:
            break
    return Outcome(work, seconds=time.perf_counter() - started, **outcome)


def _attempt(work: Work, home: Path, notebooks: Path) -> dict[str, Any]:
    import papermill
    from nbclient.exceptions import DeadKernelError
    from papermill.exceptions import PapermillExecutionError

    at: list[tuple[int, str]] = []
    injected: int | None = None
    try:
        notebook = notebook_files.read(notebooks / f"{work.notebook}.ipynb")
        injected = _place_of_injected(notebook) if work.parameters else None
        executed = papermill.execute_notebook(
            notebook,
            None,
            parameters=dict(work.parameters),
            kernel_name="python3",
            language="python",
            progress_bar=False,
            request_save_on_cell_execute=False,
            autosave_cell_every=0,
            start_timeout=START_TIMEOUT,
            cwd=home,
            extra_arguments=list(_QUIET),
            on_cell_start=lambda cell, cell_index: at.append((cell_index, cell.source)),
        )
    except PapermillExecutionError as error:
        cell = _place(error.cell_index, injected)
        # what is wrong with the data is said in whole sentences, in the reader's language
        said = error.evalue if error.ename == "InputError" else f"{error.ename}: {error.evalue}"
        reason = plain(said)
        return {"state": "failed", "cause": "cell", "cell": cell, "source": error.source, "reason": reason}
    except Exception as error:  # whatever it is, it is this work's and no other's
        failed: dict[str, Any] = {"state": "failed", "cause": "start", "reason": plain(_named(error))}
        if at:
            failed["cause"] = "kernel" if isinstance(error, DeadKernelError) else "cell"
            failed["cell"], failed["source"] = _place(at[-1][0], injected), at[-1][1]
        return failed
    # papermill writes down the whole notebook it was given
    executed.metadata.papermill.update(input_path=f"{work.notebook}.ipynb", output_path=None)
    return {"state": "ok", "cause": "", "notebook": notebook_files.text_of(executed)}


def _place_of_injected(notebook: Any) -> int:
    """Where papermill will put the cell with the parameters."""
    for tag, shift in ((notebook_files.INJECTED_TAG, 0), (notebook_files.PARAMETERS_TAG, 1)):
        for index, cell in enumerate(notebook.cells):
            if tag in cell.metadata.get("tags", []):
                return index + shift
    return 0


def _place(index: int, injected: int | None) -> int:
    """The number (from 1) of an executed cell in the notebook's own file."""
    return index if injected is not None and index > injected else index + 1


def _named(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"
