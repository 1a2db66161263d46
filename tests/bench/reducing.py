"""``python -m tests.bench.reducing ours|peer THREADS FOLDER CHIP FRAMES``: reduce a chip's night in a process of its own.

FOLDER has the files of a simulated night. `ours` works in AWLIKE_HOME, where they are ingested: each science frame is a
`ReduceTask` with commit, of which the first makes the calibrations too. Prints how long the calibrations and each
frame took [s]; the median sky over the true one; and the cosmic rays that were found, and falsely found, in each million
pixels.
"""

import json
import os
import statistics
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory


def main(who, threads, folder, chip, frames):
    os.environ['OMP_NUM_THREADS'] = threads
    if hasattr(os, 'sched_setaffinity'):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:int(threads)])
    from awlike.simulate import load_truth
    seconds, results = {'ours': ours, 'peer': peer}[who](Path(folder), chip, int(frames))
    print(json.dumps(seconds | quality(load_truth(folder)[chip], results)))


def ours(folder, chip, number):
    """The calibrations are what the first frame took longer than the others."""
    from awlike.context import context
    from awlike.frames.raw import RawScienceFrame
    from awlike.recipes.reduced import ReduceTask
    context.set_project('BENCH')
    seconds, results = [], []
    for raw in list((RawScienceFrame.chip.name == chip).order_by('DATE_OBS').limit(number)):
        task = ReduceTask('OMEGACAM', raw_filenames=raw.filename, commit=True)
        seconds.append(timed(task.execute))
        product, = task.products
        results.append((product.data, product.weight.cosmic.data == 0))
    first, *frames = seconds
    return {'calibrations': first - statistics.median(frames), 'frame': statistics.median(frames)}, results


def peer(folder, chip, number):
    from awlike.simulate.chip import SimulatedChip
    from tests.bench.peer import Night
    shape = tuple(json.loads((folder / 'truth.json').read_text())['shape'])
    kinds = files(folder, shape)
    with TemporaryDirectory() as out:
        night = Night(kinds, chip, SimulatedChip(chip, shape, 0).corner, shape, Path(out))
        calibrations, results = timed(night.calibrations), []
        seconds = [timed(lambda path=path: results.append(night.reduce(path))) for path in kinds['science'][:number]]
    return {'calibrations': calibrations, 'frame': statistics.median(seconds)}, results


def files(folder, shape) -> dict:
    """The paths of a simulated night by kind: 10 biases, 5 dome and 5 twilight flats and 5 science frames in r_SDSS."""
    from awlike.simulate.schedule import schedule
    kinds = {}
    for exposure in schedule(shape):
        if exposure.filter != 'g_SDSS':
            kinds.setdefault(exposure.kind, []).append(folder / exposure.filename)
    return kinds


def quality(truth, results) -> dict:
    """Sky against the truth, and completeness and false rate of the map of cosmic rays, of `results` (image, hit)."""
    import numpy as np
    sky, found, planted, false, pixels = [], 0, 0, 0, 0
    for number, (image, hit) in enumerate(results):
        charge, good = truth.cosmics(number), ~(truth.hot | truth.cold)
        strong = good & (charge > 5 * np.sqrt(truth.sky[number] + (truth.read_noise * truth.gain) ** 2))
        sky.append(float(np.median(image) / (truth.sky[number] / truth.gain)))
        found, planted = found + int((hit & strong).sum()), planted + int(strong.sum())
        false, pixels = false + int((hit & good & (charge == 0)).sum()), pixels + hit.size
    return {'sky': statistics.median(sky), 'found': found / planted, 'false': false / pixels * 1e6}


def timed(work) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


if __name__ == '__main__':
    main(*sys.argv[1:])
