"""A process of a local cluster: ``_child.py FOLDER ARGUMENT...`` is ``dask ARGUMENT...``, which goes when its parent does.

A parent that was killed could not remove FOLDER, where its cluster had its files; then this does.
"""

import os
import shutil
import sys
import threading
import time


def _go_with(parent, folder):
    while os.getppid() == parent:
        time.sleep(0.5)
    shutil.rmtree(folder, ignore_errors=True)
    os._exit(1)


if __name__ == '__main__':
    threading.Thread(target=_go_with, args=[os.getppid(), sys.argv.pop(1)], name='awlike parent', daemon=True).start()
    from dask.__main__ import main
    sys.exit(main())
