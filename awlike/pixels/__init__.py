"""Pure functions on pixels: arrays in, arrays and values out.

This room knows nothing of the rest of awlike but exceptions and positions on the sky. Images are 2-D arrays indexed [y, x]:
raw images as the camera wrote them, results float32 in ADU. Maps are uint8: 1 good, 0 bad. No function changes its
arguments; the same arguments give the same bits, on any number of cores. This package imports nothing, and its modules
import scipy, numba and photutils only where they are used, so that importing is cheap.

=======================  ========================================================================================
module                   contents
=======================  ========================================================================================
``amplifiers``           the parts of a detector that several amplifiers read; crosstalk
``aperture_correction``  the factor from each kind of flux to the total flux
``arrays``               the types of images and other arrays, for annotations
``at_position``          measure a star, or a box of pixels, at a position
``background``           level and noise of the sky in a mesh, interpolated by splines
``bad_regions``          bad pixels from boxes of ds9
``bands``                parts of an image that suffice to measure a pattern in it
``binning``              sums and means of 2 x 2, 4 x 4 or 8 x 8 pixels
``calibrated_exposure``  mask and variance of a calibrated exposure
``cold_pixels``          pixels less sensitive than their surroundings
``combine``              many frames into one, clipped mean or median
``cosmics``              cosmic rays
``crosstalk``            crosstalk between amplifiers, measured and undone
``dark``                 dark current from darks of any exposure times
``detection``            sources: a matched filter, and the hills of its significance
``filters``              running medians and smoothing that other modules share
``first_pass``           the bright sources of an image, before its point spread function is known
``flat``                 normalise, combine and join flat fields
``forced``               fluxes at given places, whatever is detected there
``frame_signs``          level, noise, fall of light and stars, by which frames that should be alike are compared
``fringe``               the fringe pattern, and its strength in an image
``fringe_vectors``       fringes measured at the ends of vectors, one scale for many detectors
``gain``                 gain from flat fields by photon transfer, and linearity
``geometry``             `Section` and `Geometry`: which part of a raw frame is what
``hot_pixels``           pixels brighter than their surroundings
``illumination``         the correction that stars in dithered exposures show
``kernels``              what numba compiles, once, and keeps on disk
``mask_flags``           the bits of a mask, each with an explanation
``measurement``          positions, shapes and fluxes of sources
``nonlinearity``         gain, linearity and full scale of each amplifier, from a ramp of flats
``order``                the values of an image by their rank
``overscan``             subtract the electronic level and trim
``parts``                what is different from amplifier to amplifier: factors and polynomials
``persistency``          trails of charge that runs out of full pixels, and what such pixels leave behind
``psf_fit``              the point spread function, fitted to the stars of an image
``psf_model``            what a point spread function is, which varies over an image
``psf_photometry``       the PSF fitted to all sources together; sources that others hide
``psf_quality``          how well a point spread function fits its stars
``psf_stars``            the stars that show the point spread function
``pupil_ghost``          the ring of light that the pupil leaves, one scale for many detectors
``radon``                sums along all straight lines
``read_noise``           read noise from pairs of biases
``reduced``              bias, dark, flat, fringes and illumination applied
``remembered``           what is computed once of an image, and kept as long as the image
``resample``             a frame on another grid, by Lanczos-3
``satellites``           tracks of satellites
``saturated_pixels``     saturated pixels and the trails of their charge
``sky_samples``          the level of the sky in boxes without stars
``sky_sources``          empty apertures, which tell the noise
``source_flags``         the bits of FLAGS, each with an explanation
``sources``              the whole catalogue of an image
``stack``                resampled frames combined, a block at a time
``stars``                aperture photometry of stars that stand alone
``statistics``           statistics of an image, robust scale, clipped statistics
``straightness``         the bow of a line of light
``strips``               images a strip of rows at a time, on all cores
``subwindows``           statistics of an image in 8 x 8 parts
``surface``              polynomials in x and y, fitted without outliers
``tech_data``            gain and read noise of each amplifier, from pairs of flats and biases
``track``                one line measured: whether it is a track, its position and its width
``weight``               the weight of each pixel
=======================  ========================================================================================
"""
