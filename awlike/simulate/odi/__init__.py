"""A night of raw files of ODI with known truth: biases, darks, dome flats, and dithered science exposures of one sky.

A folder has an exposure, and a file an OTA of 8 x 8 cells. What is known of each OTA follows from the seed: `otas_of` returns
it for files that were written before. `truth.json` beside the files has the numbers, and what happened in each exposure.
"""

from awlike.simulate.odi.night import otas_of, simulate_odi

__all__ = ['otas_of', 'simulate_odi']
