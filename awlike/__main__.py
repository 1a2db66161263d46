"""The command `awe`, and ``python -m awlike`` where `awe` is not on the path."""

import os
import signal
from typing import NoReturn


def main() -> None:
    """Run the command; whoever interrupts it before it begins gets one line and the exit status 130."""
    interruptible = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if interruptible:
        signal.signal(signal.SIGINT, _quit)
    from awlike.cli import main as run
    run(begin=lambda: signal.signal(signal.SIGINT, signal.default_int_handler) if interruptible else None)


def _quit(*_: object) -> NoReturn:
    """End at once: an exception, raised in the midst of an import, would be shown or lost."""
    os.write(2, b'awe: interrupted\n')
    os._exit(130)


if __name__ == '__main__':
    main()
