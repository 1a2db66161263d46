"""A process of a local cluster: ``_child.py ARGUMENT...`` is ``dask ARGUMENT...`` that goes when its parent does."""

import os
import sys
import threading
import time


def _go_with(parent):
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)


if __name__ == '__main__':
    threading.Thread(target=_go_with, args=[os.getppid()], name='awlike parent', daemon=True).start()
    from dask.__main__ import main
    sys.exit(main())
