"""Run a command and report what the user can fix as one line, with an exit code."""

import atexit
import contextlib
import errno
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from typing import NoReturn

from mmtal.utils.errors import USER_ERRORS, import_hints
from mmtal.utils.repeats import warnings_once


def run_tool(
    main: Callable[[], None], *, failed: int = 1, interrupted: str = "nothing was written"
) -> None:
    """Run a command: what the user can fix is one line.

    Args:
        main: The command.
        failed: Exit code for bad input.
        interrupted: What to know after Ctrl-C, which ends with exit code 130, unless the
            KeyboardInterrupt says it.
    """
    try:
        with _no_interrupt_lost(), import_hints(), warnings_once():
            main()
        sys.stdout.flush()
    except BrokenPipeError:  # the reader (head, less) has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(141)  # as the shell says of a program that the closed pipe ended
    except USER_ERRORS as error:
        if os.environ.get("MMTAL_DEBUG"):
            traceback.print_exc()
        _print_error(_words(error))
        sys.exit(failed)
    except KeyboardInterrupt as error:
        print(f"interrupted; {str(error) or interrupted}", file=sys.stderr)
        sys.exit(130)
    finally:
        processes = sys.modules.get("torch.distributed")  # absent: nothing has imported PyTorch
        if processes and processes.is_available() and processes.is_initialized():
            processes.destroy_process_group()
            _exit_at_once(sys.exc_info()[1])


@contextlib.contextmanager
def _no_interrupt_lost() -> Iterator[None]:
    """Send Ctrl-C again where Python dropped it.

    It drops what is raised in a destructor or in the callback of a weak reference, which run in
    the middle of anything: the command would go on as if nobody had pressed a key.
    """
    before = sys.unraisablehook
    again: list[threading.Timer] = []

    def hook(dropped: "sys.UnraisableHookArgs") -> None:
        if issubclass(dropped.exc_type, KeyboardInterrupt):
            again.append(threading.Timer(0.01, _interrupt))
            again[-1].start()
        else:
            before(dropped)

    sys.unraisablehook = hook
    try:
        yield
    finally:
        sys.unraisablehook = before
        for timer in again:
            timer.cancel()


def _interrupt() -> None:
    if sys.platform == "win32":
        signal.raise_signal(signal.SIGINT)
    else:  # to the main thread, which may be waiting
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)


def _exit_at_once(error: BaseException | None) -> NoReturn:
    """End a process of several as ``error`` would, without taking the interpreter apart first.

    Meanwhile a thread of gloo may let go of its last tensor, which aborts the process:
    https://github.com/pytorch/pytorch/issues/190489.
    """
    code = 0
    match error:
        case SystemExit(code=int(given)):
            code = given
        case BaseException():
            traceback.print_exception(error)
            code = 1
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


ERRNO = {
    errno.EEXIST: "{} is a file, where a folder is needed",
    errno.ENOTDIR: "{} cannot be there: a part of its path is a file",
    errno.ENOENT: "{} does not exist",
    errno.EISDIR: "{} is a folder, where a file is needed",
    errno.EACCES: "no permission to read or write {}",
    errno.EPERM: "no permission to read or write {}",
    errno.EROFS: "{} is on a disk that cannot be written to",
    errno.ENOSPC: "no space left on the disk for {}",
    errno.ENAMETOOLONG: "the name {} is too long",
}
"""What the system says of a file in numbers, in words."""


def _words(error: BaseException) -> str:
    if isinstance(error, OSError) and error.errno in ERRNO and error.filename:
        return ERRNO[error.errno].format(error.filename)
    return str(error.args[0] if isinstance(error, KeyError) and error.args else error)


def _print_error(text: str) -> None:
    """The line that decides: last, alone, and red where people read it."""
    line = f"error: {text}"
    is_plain = not sys.stderr.isatty() or "NO_COLOR" in os.environ
    print(line if is_plain else f"\033[31m{line}\033[0m", file=sys.stderr)
