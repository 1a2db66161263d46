"""Pure functions on pixels: arrays in, arrays and values out.

This room knows nothing of the rest of awlike. Images are 2-D arrays indexed [y, x]: raw ones as the camera wrote them,
results float32 in ADU. Maps are uint8: 1 good, 0 bad. No function changes its arguments; the same arguments give the
same bits, on any number of cores. Nothing is imported here, and scipy, numba and photutils only where they are used, so
that importing is cheap. Modules named ``*_kernels`` hold what numba compiles, once, and keeps on disk.

module          does
==============  ====================================================================================
``geometry``    `Section` and `Geometry`: which part of a raw frame is what
``overscan``    subtract the electronic level and trim
``statistics``  statistics of an image, robust scale, clipped statistics
``combine``     many frames into one, clipped mean or median
``noise``       read noise from pairs of biases
``flat``        normalise, combine and join flat fields
``maps``        hot and cold pixels, saturated ones and the trails of their charge
``cosmics``     cosmic rays
``satellite``   tracks of satellites
``track``       one line measured: is it a track, where, how wide
``radon``       sums along all straight lines
``science``     bias, dark, flat, fringes and illumination applied; the weight
``strips``      images a strip of rows at a time, on all cores
``order``       the values of an image by their rank
``filters``     running medians and smoothing that the others share
==============  ====================================================================================
=======
===================  ====================================================================================
module               does
===================  ====================================================================================
``geometry``         `Section` and `Geometry`: which part of a raw frame is what
``overscan``         subtract the electronic level and trim
``amplifiers``       the parts of a detector that several amplifiers read; crosstalk
``statistics``       statistics of an image, robust scale, clipped statistics
``combine``          many frames into one, clipped mean or median
``noise``            read noise from pairs of biases
``dark``             dark current from darks of any exposure times
``photon_transfer``  gain from flat fields, and linearity
``flat``             normalise, combine and join flat fields
``maps``             hot and cold pixels, saturated ones and the trails of their charge
``fringe``           the fringe pattern, and how strong it is in an image
``illumination``     the correction that stars in dithered exposures tell
``stars``            aperture photometry of stars that stand alone
``matching``         the same stars in several exposures
``cosmics``          cosmic rays
``satellite``        tracks of satellites
``track``            one line measured: is it a track, where, how wide
``radon``            sums along all straight lines
``science``          bias, dark, flat, fringes and illumination applied; the weight
``strips``           images a strip of rows at a time, on all cores
``order``            the values of an image by their rank
``filters``          running medians and smoothing that the others share
``bands``            the part of an image that measures a pattern in it
``surface``          polynomials in x and y, fitted in spite of outliers
===================  ====================================================================================
"""
