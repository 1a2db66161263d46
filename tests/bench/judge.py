"""How complete and how pure a catalogue is, against the truth of a field."""

import numpy as np
from scipy.spatial import KDTree

COMPLETE, PURE = 2.0, 3.0  # pixels: a truth is found within the one, a source is true within the other of a truth ...
FAINTEST = 2.5  # ... of at least this S/N


def completeness(field, x, y, low, high, galaxies=False):
    """Return the share of the stars (or galaxies) between two S/N that have a source near."""
    asked = (field.snr >= low) & (field.snr < high) & (field.galaxy == galaxies) & _inside(field)
    distance, _ = KDTree(np.array([x, y]).T).query(np.array([field.x[asked], field.y[asked]]).T)
    return float((distance < COMPLETE).mean())


def purity(field, x, y):
    """Return the share of the sources that have a true object near."""
    real = field.snr > FAINTEST
    distance, _ = KDTree(np.array([field.x[real], field.y[real]]).T).query(np.array([x, y]).T)
    return float((distance < PURE).mean())


def matched(field, x, y, low, high):
    """Return the indices of stars between two S/N, and of the source that is nearest to each and within a pixel."""
    asked = np.flatnonzero((field.snr >= low) & (field.snr < high) & ~field.galaxy & _inside(field))
    distance, index = KDTree(np.array([x, y]).T).query(np.array([field.x[asked], field.y[asked]]).T)
    return asked[distance < 1], index[distance < 1]


def _inside(field, edge=8):
    height, width = field.image.shape
    return (field.x > edge) & (field.x < width - edge) & (field.y > edge) & (field.y < height - edge)
