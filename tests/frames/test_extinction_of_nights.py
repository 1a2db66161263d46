"""Extinction, colour terms and zero points of nights: a simulated night at many airmasses, held to the truth."""

import dataclasses
import datetime
import json

import numpy as np
import pytest
from astropy.table import Table

from awlike.context import context
from awlike.errors import ProcessingError
from awlike.frames.atmospheric_extinction import AtmosphericExtinction
from awlike.frames.phot_transformation import PhotTransformation
from awlike.frames.raw import RawScienceFrame
from awlike.ingest import ingest, refcat
from awlike.recipes.atmospheric_extinction import ExtinctionTask
from awlike.recipes.phot_transformation import ColourTermTask
from awlike.recipes.photometric_parameters import PhotomTask
from awlike.simulate import simulate
from awlike.simulate.omegacam_headers import Exposure
from awlike.simulate.sky import CLOUDS_IN, EXTINCTION, SimulatedSky
from tests.conftest import home_in

SHAPE, COLOUR_TERM, MIDDLE = (900, 900), 0.12, 0.8
STANDARDS = {'AtmosphericExtinction.REFERENCE_CATALOGUE': 'STANDARDS', 'PhotTransformation.REFERENCE_CATALOGUE': 'STANDARDS',
             'AstrometricParameters.REFERENCE_CATALOGUE': 'POSITIONS', 'PhotTransformation.COLOUR': 'g-r',
             'AtmosphericExtinction.COLOUR': 'g-r', 'AtmosphericExtinction.COLOUR_TERM': COLOUR_TERM,
             'AtmosphericExtinction.COLOUR_ZERO': MIDDLE}
OF_FIELD = STANDARDS | {'PhotometricParameters.REFERENCE_CATALOGUE': 'STANDARDS'}
NO_STANDARDS = STANDARDS | {'PhotometricParameters.REFERENCE_CATALOGUE': 'POSITIONS'}


def catalogues(night):
    """Add stars of known magnitudes and colours, and a catalogue of positions without the band of the filter."""
    table, rng = Table.read(night / 'reference.fits'), np.random.default_rng(1)
    colour = rng.uniform(MIDDLE - 0.6, MIDDLE + 0.6, len(table))
    table['r'] = table['mag'] - COLOUR_TERM * (colour - MIDDLE)
    table['g'] = table['r'] + colour
    table.write(night / 'standards.fits')
    place = {'ra': 'ra', 'dec': 'dec', 'ra_error': 'ra_error', 'dec_error': 'dec_error', 'pm_ra': 'pmra', 'pm_dec': 'pmdec',
             'epoch': 'epoch'}
    refcat.add('STANDARDS', night / 'standards.fits', bands={'r': ('r', 'mag_err'), 'g': ('g', 'mag_err')}, **place)
    refcat.add('POSITIONS', night / 'reference.fits', bands={'G': ('mag', 'mag_err')}, **place)


@pytest.fixture(scope='module')
def night(tmp_path_factory, on):
    """The true zero points by date, of a night whose exposures are at airmasses 1, 1.25 ... 2, one behind clouds."""
    folder, observation = tmp_path_factory.mktemp('night'), SimulatedSky._observation
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Exposure, 'airmass', property(lambda self: 1.0 + 0.25 * (self.number - 1)))
        patch.setattr(SimulatedSky, '_observation', lambda self, optics, i: dataclasses.replace(
            observation(self, optics, i), airmass=1.0 + 0.25 * i))
        simulate(folder, chips=1, shape=SHAPE, seed=5, sky=True)
    truth = json.loads((folder / 'truth.json').read_text())
    starts = {one['filename']: datetime.datetime.fromisoformat(one['DATE_OBS']) for one in truth['files']}
    with home_in(tmp_path_factory.mktemp('nights') / 'awlike', on):
        context.set_project('TEST')
        assert not ingest(folder.glob('OMEGA*.fits'), how='refer').refused
        catalogues(folder)
        yield {starts[one['filename']].replace(tzinfo=None): one['zero_point'] for one in truth['frames']}


def made(task):
    task.execute()
    one, = task.products
    return one


@pytest.mark.slow
def test_colour_term_extinction_and_zero_points_of_fields_without_standards(night):
    dates = sorted(night)
    assert RawScienceFrame.select_all()[0].AIRMASS is not None and len(dates) == 5
    with pytest.raises(ProcessingError, match='name two bands of the reference catalogue'):
        ColourTermTask('OMEGACAM', pars=STANDARDS | {'PhotTransformation.COLOUR': ''}).execute()
    before = PhotomTask('OMEGACAM', pars=OF_FIELD, commit=True)
    before.execute()
    assert {one.told_by for one in before.products} == {'stars'}
    colours = made(ColourTermTask('OMEGACAM', pars=STANDARDS, commit=True))
    assert isinstance(colours, PhotTransformation) and not colours.quality_flags and not colours.reason
    assert abs(colours.colour_term - COLOUR_TERM) < 4 * colours.colour_term_error < 0.02
    assert abs(colours.colour_zero - MIDDLE) < 0.15 and colours.chip is not None and colours.timestamp_start < dates[0]

    sky = made(ExtinctionTask('OMEGACAM', pars=STANDARDS, commit=True))
    assert isinstance(sky, AtmosphericExtinction) and not sky.quality_flags
    assert abs(sky.extinction - EXTINCTION) < 3 * sky.extinction_error and sky.extinction_error < 0.02
    assert (sky.number_of_exposures, sky.number_of_cloudy) == (4, 1) and sky.remarks() == ['clouds dim 1 of 5 exposures']
    assert not sky.exposures['USED'][CLOUDS_IN] and sky.airmass_range == [1.0, 2.0]
    clear = [date for number, date in enumerate(dates) if number != CLOUDS_IN]
    truth = night[clear[0]] + EXTINCTION * (1.0 - sky.mean_airmass)
    assert abs(sky.zero_point - truth) < 4 * sky.zero_point_error + 0.002

    again = PhotomTask('OMEGACAM', pars=OF_FIELD, commit=True)
    assert all('better input' in str(step.why) for step in again.plan().targets), again.plan()
    again.execute()
    for one, earlier in zip(again.products, before.products, strict=True):
        assert one.extinction == sky and one.transformation == colours and one.scatter < 0.7 * earlier.scatter
        assert abs(one.zero_point - night[one.DATE_OBS]) < 4 * one.zero_point_error + 0.003
        assert abs(one.zero_point_above - one.zero_point - EXTINCTION * one.frame.AIRMASS) < 3 * 2 * sky.extinction_error

    without = PhotomTask('OMEGACAM', pars=NO_STANDARDS, commit=True)
    without.execute()
    assert len(without.products) == 5
    for one in without.products:
        assert one.told_by == 'night' and one.reference is None and sky in one.ancestors() and one.number_of_stars > 40
        assert not one.quality_flags
        off = one.zero_point - night[one.DATE_OBS]
        if one.DATE_OBS in clear:
            assert abs(off) < 4 * one.zero_point_error and 0.001 < one.zero_point_error < 0.03
        else:
            assert off > 0.05, 'nobody can see the clouds of a field without standards ...'
        assert 'clouds passed in the night' in one.remarks()[1], '... so that it is told'
    assert not PhotomTask('OMEGACAM', pars=NO_STANDARDS).plan().to_make
    assert sky.why(STANDARDS).holds and colours.why(STANDARDS).holds and without.products[0].why(NO_STANDARDS).holds


def test_without_standards_and_without_extinction_there_is_no_zero_point(night):
    for one in AtmosphericExtinction.select_all():
        context.update_is_valid(one, 0)
    task = PhotomTask('OMEGACAM', pars=NO_STANDARDS)
    with pytest.raises(ProcessingError, match='PhotometricParameters needs reference: .* has no band'):
        task.execute()
    for one in AtmosphericExtinction.select_all():
        context.update_is_valid(one, 1)


@pytest.mark.slow
def test_too_small_a_range_of_airmass_is_refused_and_serves_nobody(night):
    few = [one.filename for one in RawScienceFrame.select_all().order_by('DATE_OBS')][:2]
    for arguments, pars, reason in (({'raw_filenames': few}, {'MINIMUM_NUMBER': 2}, '2 exposures have a zero point'),
                                    ({}, {'MINIMUM_AIRMASS_RANGE': 1.5}, 'go from 1.00 to 2.00, a range of at least 1.5')):
        task = ExtinctionTask('OMEGACAM', **arguments, pars=STANDARDS | {
            f'AtmosphericExtinction.{name}': value for name, value in pars.items()})
        with pytest.raises(ProcessingError, match='missed its limits: MINIMUM_EXPOSURES: 0, limit 3'):
            task.execute()
        one = task.made[-1]
        assert one.quality_flags and reason in one.remarks()[0] and one.extinction is None and one.zero_point is None
