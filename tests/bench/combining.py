"""``python -m tests.bench.combining ours clipped 3 FILE ...``: combine raw frames in a process of its own.

Prints how long the quickest and the middle of so many runs took, the most memory that the process held (Linux tells),
and the noise of the result.
"""

import json
import re
import statistics
import sys
import time
from pathlib import Path

import numpy as np


def ours(how, paths):
    from awlike.fits.images import pixel_rows
    from awlike.pixels.combine import combine_clipped, combine_median
    frames = [pixel_rows(path, 0) for path in paths]
    return combine_clipped(frames, 5) if how == 'clipped' else combine_median(frames)


def ccdproc(how, paths):
    """As its guide does it (CCD Data Reduction Guide, 2.4 'Combine the bias images')."""
    import ccdproc
    from astropy.stats import mad_std
    options = {'method': 'median'} if how == 'median' else {
        'method': 'average', 'sigma_clip': True, 'sigma_clip_low_thresh': 5, 'sigma_clip_high_thresh': 5,
        'sigma_clip_func': np.ma.median, 'sigma_clip_dev_func': mad_std}
    return ccdproc.combine([str(path) for path in paths], unit='adu', mem_limit=350e6, **options).data


def main(who, how, runs, *paths):
    combine, times = {'ours': ours, 'ccdproc': ccdproc}[who], []
    for _ in range(int(runs)):
        start = time.perf_counter()
        result = combine(how, paths)
        times.append(time.perf_counter() - start)
    held = int(re.search(r'VmHWM:\s+(\d+) kB', Path('/proc/self/status').read_text())[1]) / 1024
    print(json.dumps({'least': min(times), 'median': statistics.median(times), 'MB': held,
                      'noise': float(np.std(result, dtype=np.float64))}))


if __name__ == '__main__':
    main(*sys.argv[1:])
