"""A night of raw OmegaCAM files with known truth, for demonstrations and tests.

The night of 2012-05-31: 10 bias, in g_SDSS and r_SDSS 5 dome and 5 twilight flats each, and 5 science exposures in
r_SDSS of the template that starts at 2012-06-01T08:51:44. Each is one multi-extension file as the camera writes it. The
truth lies beside the files, in `truth.npz` (numbers) and `truth.json` (a summary to read). A night in several read-out modes
has all this in each mode; a later mode has 150 ADU more, and the structure of its bias once more.

A night with a sky (`field`, `observing`, `sky`) sees stars and galaxies of one catalogue in all science exposures, through an
optics that distorts, an atmosphere that refracts, dims and blurs, and a telescope that points beside what its headers tell.

A pixel of the light-sensitive part is, in ADU,

    level + row slope + structure + hot + read noise + (light x response + shot noise + cosmic rays) / gain

with charge above the full well bleeding along the column, rounded and clipped to 16 bits. Light is a lamp, the
twilight, or sky with Moffat stars; the response is vignetting x pixel response x defects.
"""

from awlike.simulate.night import simulate
from awlike.simulate.truth import load_truth

__all__ = ['load_truth', 'simulate']
