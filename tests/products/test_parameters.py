"""Process parameters as the classes of products declare them."""

import pytest
from astropy.units import Unit
from pydantic import ValidationError

from awlike.frames.bias import BiasFrame
from awlike.products.parameters import ProcessParameters
from awlike.query.properties import classes

PRODUCTS = [cls for cls in classes.values() if hasattr(cls, 'Parameters') and cls.__module__.startswith('awlike.')]


@pytest.mark.parametrize('cls', PRODUCTS, ids=lambda cls: cls.__name__)
def test_each_parameter_has_default_text_and_unit(cls):
    for name, field in cls.Parameters.model_fields.items():
        assert name == name.upper() and field.description, name
        assert field.json_schema_extra['unit'] is not None and field.default is not None
    cls.Parameters()


@pytest.mark.parametrize('wrong', [{'SIGMA_CLIP': 0}, {'SIGMA_CLIP': float('inf')}, {'SIGMA_CLIP': 'wide'}, {'SIGMACLIP': 3},
                                   {'OVERSCAN_CORRECTION': 11}, {'OVERSCAN_CORRECTION': 1.5}, {'MINIMUM_NUMBER': 0}])
def test_senseless_values_are_refused(wrong):
    with pytest.raises(ValidationError):
        BiasFrame.Parameters(**wrong)


def test_parameters_do_not_change():
    with pytest.raises(ValidationError):
        BiasFrame.Parameters().SIGMA_CLIP = 4


def test_key_holds_those_that_change_pixels():
    assert BiasFrame.Parameters(SIGMA_CLIP=4).key() == {'OVERSCAN_CORRECTION': 6, 'SIGMA_CLIP': 4.0}
    assert ProcessParameters().key() == {}


def test_parameters_are_kept_with_the_product():
    bias = BiasFrame()
    assert bias.process_params is None
    bias.process_params = BiasFrame.Parameters(SIGMA_CLIP=4)
    assert bias.process_parameters['SIGMA_CLIP'] == 4.0
    assert bias.process_params == BiasFrame.Parameters(SIGMA_CLIP=4)


def test_parameter_that_came_later_has_its_default_in_old_products():
    bias = BiasFrame()
    bias.process_parameters = {'SIGMA_CLIP': 4.0}
    assert bias.process_params.OVERSCAN_CORRECTION == 6 and bias.process_params.SIGMA_CLIP == 4.0


@pytest.mark.parametrize('cls', PRODUCTS, ids=lambda cls: cls.__name__)
def test_units_of_results_are_units(cls):
    for name in cls.own_values():
        Unit(cls.__properties__[name].unit)
