"""Loaded by Dask into each process of a local cluster: it goes when its parent does, and does not hear the Ctrl-C of a prompt."""

import os
import threading
import time


def dask_setup(server):
    """Called by Dask when the process is ready."""
    if os.getsid(0) != os.getpid():
        os.setsid()
    threading.Thread(target=_go_with, args=[os.getppid()], name='awlike parent', daemon=True).start()


def _go_with(parent):
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)
