"""Run a command and report what the user can fix as one line, with an exit code."""

import os
import sys
import traceback
from collections.abc import Callable

from mmtal.utils.errors import USER_ERRORS, import_hints


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
        with import_hints():
            main()
        sys.stdout.flush()
    except BrokenPipeError:  # the reader (head, less) has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(141)  # as the shell says of a program that the closed pipe ended
    except USER_ERRORS as error:
        if os.environ.get("MMTAL_DEBUG"):
            traceback.print_exc()
        text = error.args[0] if isinstance(error, KeyError) and error.args else error
        print(f"error: {text}", file=sys.stderr)
        if not os.environ.get("MMTAL_DEBUG"):
            print("(MMTAL_DEBUG=1 shows where it was raised)", file=sys.stderr)
        sys.exit(failed)
    except KeyboardInterrupt as error:
        print(f"interrupted; {str(error) or interrupted}", file=sys.stderr)
        sys.exit(130)
    finally:
        processes = sys.modules.get("torch.distributed")  # absent: nothing has imported PyTorch
        if processes and processes.is_available() and processes.is_initialized():
            processes.destroy_process_group()
