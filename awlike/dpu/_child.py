"""A process of a local cluster: ``_child.py FOLDER ARGUMENT...`` is ``dask ARGUMENT...``, and ends when its parent ends.

A parent that was killed cannot remove FOLDER, which holds the files of its cluster; this process removes the folder then.
"""

import os
import shutil
import sys
import threading
import time


def _end_with(parent: int, folder: str) -> None:
    while os.getppid() == parent:
        time.sleep(0.5)
    shutil.rmtree(folder, ignore_errors=True)
    os._exit(1)


if __name__ == '__main__':
    threading.Thread(target=_end_with, args=[os.getppid(), sys.argv.pop(1)], name='awlike parent', daemon=True).start()
    from dask.__main__ import main
    sys.exit(main())
