"""A small detector that four amplifiers read, each towards its own corner, with crosstalk among them."""

import numpy as np
from astropy.io import fits

from awlike.pixels.geometry import Geometry

NAMES = ('C00', 'C01', 'C10', 'C11')  # below left and right, above left and right
FLIPS = ((False, False), (False, True), (True, False), (True, True))  # (y, x): read towards the nearest corner
GAINS = (1.5, 2.0, 2.5, 3.0)  # e-/ADU
LEVELS = (1000.0, 1400.0, 700.0, 2100.0)  # ADU
READ_NOISE = 6.0  # e-
FULL_WELL = 50000.0  # ADU above the level
COEFFICIENT = 1e-3
CROSSTALK = {victim: {source: COEFFICIENT for source in NAMES if source != victim} for victim in NAMES}
PRESCAN, OVERSCAN, ROWS_ABOVE = 4, 24, 12


class FourAmplifiers:
    """The detector: `shape` is that of one amplifier's light-sensitive part, (rows, columns)."""

    def __init__(self, shape=(64, 48)):
        self.shape = shape
        height, width = shape
        self.raw_shape = height + ROWS_ABOVE, PRESCAN + width + OVERSCAN
        self.sections = {'trim': f'[{PRESCAN + 1}:{PRESCAN + width},1:{height}]', 'prescan_x': f'[1:{PRESCAN},1:{height}]',
                         'overscan_x': f'[{PRESCAN + width + 1}:{self.raw_shape[1]},1:{height}]',
                         'overscan_y': f'[{PRESCAN + 1}:{PRESCAN + width},{height + 1}:{self.raw_shape[0]}]'}

    def light(self, level):
        """An even image of the whole detector, electrons."""
        return np.full((2 * self.shape[0], 2 * self.shape[1]), float(level))

    def part(self, number):
        """Where the pixels of an amplifier lie on the detector, as slices (y, x)."""
        (height, width), (up, right) = self.shape, divmod(number, 2)
        return slice(up * height, (up + 1) * height), slice(right * width, (right + 1) * width)

    def detsec(self, number):
        """The same as a FITS section, backwards where it was read so."""
        ends = [(axis.start + 1, axis.stop)[::-1 if flip else 1]
                for axis, flip in zip(self.part(number), FLIPS[number], strict=True)]
        return '[{2}:{3},{0}:{1}]'.format(*ends[0], *ends[1])

    def read_out(self, light, rng):
        """What the amplifiers deliver of so many electrons: four images as they were read, uint16."""
        signals = []
        for number, gain in enumerate(GAINS):
            electrons = _turned_image(rng.poisson(light[self.part(number)]), FLIPS[number])
            signals.append(np.minimum(electrons / gain, FULL_WELL))
        images = []
        for number, (gain, level) in enumerate(zip(GAINS, LEVELS, strict=True)):
            image = level + rng.normal(0, READ_NOISE / gain, self.raw_shape) + np.linspace(0, 5, self.raw_shape[0])[:, None]
            ghosts = COEFFICIENT * sum(signal for source, signal in enumerate(signals) if source != number)
            image[:self.shape[0], PRESCAN:PRESCAN + self.shape[1]] += signals[number] + ghosts
            images.append(np.rint(np.clip(image, 0, 65535)).astype(np.uint16))
        return images

    def mosaic(self, images):
        """The raw frame of an HDU for each: the images side by side as they were read; and its `Geometry`."""
        height, width = self.raw_shape
        amplifiers = []
        for number, name in enumerate(NAMES):
            y, x = number // 2 * height, number % 2 * width
            amplifiers.append({'name': name, 'detsec': self.detsec(number), 'gain': GAINS[number],
                               **{key: _moved(section, x, y) for key, section in self.sections.items()}})
        return np.block([images[:2], images[2:]]), Geometry.from_fits(amplifiers)

    def one_image(self, images):
        """The raw frame of one HDU: each image turned as it lies on the detector; and its `Geometry`."""
        (height, width), amplifiers, turned = self.raw_shape, [], []
        for number, (name, image, (flip_y, flip_x)) in enumerate(zip(NAMES, images, FLIPS, strict=True)):
            turned.append(_turned_image(image, (flip_y, flip_x)))
            y, x = number // 2 * height, number % 2 * width
            sections = {key: _moved(_turned(section, flip_y and height, flip_x and width), x, y)
                        for key, section in self.sections.items()}
            rows, columns = self.part(number)
            amplifiers.append({'name': name, 'gain': GAINS[number], **sections, 'readout': self.detsec(number),
                               'detsec': f'[{columns.start + 1}:{columns.stop},{rows.start + 1}:{rows.stop}]'})
        return np.block([turned[:2], turned[2:]]), Geometry.from_fits(amplifiers)

    def write(self, path, images, **cards):
        """A file with an HDU for each amplifier; gives its path."""
        hdus = fits.HDUList([fits.PrimaryHDU()])
        hdus[0].header.update({key.replace('_', '-'): value for key, value in cards.items()})
        for number, (name, image) in enumerate(zip(NAMES, images, strict=True)):
            hdus.append(fits.ImageHDU(image, name=name))
            hdus[-1].header.update({'DATASEC': self.sections['trim'], 'DETSEC': self.detsec(number), 'GAIN': GAINS[number]})
        hdus.writeto(path)
        return path


def _turned_image(image, flips):
    return image[::-1 if flips[0] else 1, ::-1 if flips[1] else 1]


def _numbers(section):
    return [int(number) for pair in section[1:-1].split(',') for number in pair.split(':')]


def _moved(section, x, y):
    x1, x2, y1, y2 = _numbers(section)
    return f'[{x1 + x}:{x2 + x},{y1 + y}:{y2 + y}]'


def _turned(section, height, width):
    """The section in an image that is turned round along the axes whose length is given."""
    x1, x2, y1, y2 = _numbers(section)
    if width:
        x1, x2 = width + 1 - x2, width + 1 - x1
    if height:
        y1, y2 = height + 1 - y2, height + 1 - y1
    return f'[{x1}:{x2},{y1}:{y2}]'
