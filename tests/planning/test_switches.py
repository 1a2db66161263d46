"""Switches: process parameters by which a user leaves a correction out, of the product and of all on the way to it."""

import numpy as np
import pytest

from awlike.context import context
from awlike.errors import DefinitionError
from awlike.frames.bias import BiasFrame
from awlike.frames.cosmics import CosmicMap
from awlike.frames.dome_flat import DomeFlatFrame
from awlike.frames.flat import FlatFrame
from awlike.frames.raw import RawBiasFrame, RawDomeFlatFrame, RawScienceFrame, RawTwilightFlatFrame
from awlike.frames.reduced import ReducedScienceFrame
from awlike.frames.satellites import SatelliteMap
from awlike.frames.weight import WeightFrame
from awlike.persist.dbobject import Input
from awlike.persist.provenance import ProvenanceTree, provenance_of
from awlike.pixels.overscan import overscan_subtracted
from awlike.planning.compare import parameters_differ
from awlike.planning.found import Found
from awlike.planning.parameters_in_force import ParametersInForce
from awlike.planning.request import of_frame
from awlike.planning.resolve import Resolver
from awlike.products.export import variance
from awlike.products.product import ProcessTarget
from awlike.recipes.reduced import ReduceTask

NO_FLAT = {'ReducedScienceFrame.FLAT_FIELD': 'False'}


def drop(*kinds):
    """As if raw frames of these kinds had not been observed."""
    for kind in kinds:
        for raw in kind.select_all():
            context.update_is_valid(raw, 0)


def first():
    return [RawScienceFrame.select_all()[0].filename]


def reduced(**pars):
    task = ReduceTask('OMEGACAM', raw_filenames=first(), pars={f'ReducedScienceFrame.{name}': pars[name] for name in pars},
                      commit=True)
    task.execute()
    return task.products[0]


def trimmed(frame):
    raw, params = frame.raw, frame.process_params
    return np.asarray(overscan_subtracted(raw.data, raw.geometry, params.OVERSCAN_CORRECTION))


def test_nothing_is_left_out_unasked_and_the_error_names_the_parameter(night):
    drop(RawDomeFlatFrame, RawTwilightFlatFrame)
    plan = ReduceTask('OMEGACAM', raw_filenames=first()).plan()
    assert len(plan.failed) == 1
    assert 'or switch it off: ReducedScienceFrame.FLAT_FIELD = False by Pars' in str(plan.failed[0].error)


def test_without_flats_a_frame_and_its_maps_are_made_when_the_user_switches_the_flat_off(night):
    drop(RawDomeFlatFrame, RawTwilightFlatFrame)
    plan = ReduceTask('OMEGACAM', raw_filenames=first(), pars=NO_FLAT).plan()
    assert not plan.failed and 'without flat: switched off by ReducedScienceFrame.FLAT_FIELD' in str(plan)
    assert FlatFrame not in {step.cls for step in plan.steps}
    frame = reduced(FLAT_FIELD=False)
    assert frame.flat is frame.cold is frame.weight.flat is frame.weight.cold is frame.weight.cosmic.flat is None
    good = frame.weight.data > 0
    assert good.mean() > 0.9 and set(np.unique(frame.weight.data)) == {0.0, 1.0}
    assert frame.data[good] == pytest.approx((trimmed(frame) - frame.bias.data)[good], abs=1e-3)
    assert np.isfinite(variance(frame)).all()


def test_info_header_and_lineage_say_what_was_left_out(night):
    frame = reduced(FLAT_FIELD=False)
    assert 'none, switched off by FLAT_FIELD' in str(frame.facts())
    assert frame.header['AWE WITHOUT FLAT'] == frame.header['AWE WITHOUT COLD'] == 'switched off by FLAT_FIELD'
    told = 'without flat: switched off by FLAT_FIELD'
    assert told in str(frame.lineage()) and told in str(ProvenanceTree(provenance_of(frame)))
    assert frame.lineage().to_dict()['left_out'] == {'flat': 'FLAT_FIELD', 'cold': 'FLAT_FIELD'}
    assert frame.reproduce().identical


@pytest.mark.parametrize(['parameter', 'lacking'], [('BIAS_CORRECTION', [RawBiasFrame]), ('HOT_PIXELS', [])])
def test_without_biases_frames_are_reduced_by_their_overscan_alone(night, parameter, lacking):
    drop(*lacking)
    frame = reduced(BIAS_CORRECTION=False, HOT_PIXELS=False)
    assert frame.bias is frame.hot is frame.flat.dome_flat.bias is frame.flat.dome_flat.hot is frame.weight.hot is None
    good = frame.weight.data > 0
    assert frame.data[good] == pytest.approx((trimmed(frame) / frame.flat.data)[good], rel=1e-4, abs=1e-2)
    assert np.isfinite(variance(frame)[good]).all()


def test_maps_can_be_left_out_of_the_weight(night):
    task = ReduceTask('OMEGACAM', raw_filenames=first(), commit=True,
                      pars={'WeightFrame.COSMIC_RAYS': False, 'WeightFrame.SATELLITE_TRACKS': False})
    classes = {step.cls for step in task.plan().steps}
    assert not {CosmicMap, SatelliteMap} & classes
    task.execute()
    frame, = task.products
    assert frame.weight.cosmic is frame.weight.satellite is None and frame.flat is not None
    assert np.isfinite(variance(frame)[frame.weight.data > 0]).all() and frame.to_ccddata().flags.max() < 64


def test_a_frame_without_flat_is_another_product_than_one_with_it(night):
    whole, bare = reduced(), reduced(FLAT_FIELD=False)
    assert whole.object_id != bare.object_id and whole.reuse_key != bare.reuse_key
    assert reduced().object_id == whole.object_id and reduced(FLAT_FIELD=False).object_id == bare.object_id
    assert 'parameters differ' in bare.why().reasons and whole.why().holds
    assert len(ReducedScienceFrame.flat.DATE_OBS != None) == 1  # noqa: E711


def test_what_was_made_before_a_switch_came_holds():
    params = DomeFlatFrame.Parameters()
    assert not {'BIAS_CORRECTION', 'HOT_PIXELS'} & params.key().keys()
    assert DomeFlatFrame.Parameters(HOT_PIXELS=False).key()['HOT_PIXELS'] is False
    old = params.model_dump(exclude={'BIAS_CORRECTION', 'HOT_PIXELS', 'LINEARITY_CORRECTION'})
    assert _differ(DomeFlatFrame, old) is None
    assert 'HOT_PIXELS False -> True' in str(_differ(DomeFlatFrame, old | {'HOT_PIXELS': False}))
    assert 'HOT_PIXELS True -> False' in str(_differ(DomeFlatFrame, old, HOT_PIXELS=False))
    assert _differ(DomeFlatFrame, old, HOT_PIXELS=True) is None


def _differ(cls, recorded, **by_user):
    from awlike.planning.step import Step
    step = Step(cls, None, cls.Parameters(**by_user), set_by_user=by_user)
    return parameters_differ(step, Found(*[recorded if name == 'process_parameters' else None for name in Found._fields]))


def test_a_switch_is_handed_down_unless_the_user_says_otherwise():
    force = ParametersInForce({**NO_FLAT, 'CosmicMap.FLAT_FIELD': True})
    assert not force.get(WeightFrame, 'OMEGACAM').FLAT_FIELD and not force.get(SatelliteMap, 'OMEGACAM').FLAT_FIELD
    assert force.get(CosmicMap, 'OMEGACAM').FLAT_FIELD and force.get(WeightFrame, 'OMEGACAM').HOT_PIXELS
    assert ParametersInForce({'WeightFrame.FLAT_FIELD': False}).get(ReducedScienceFrame, 'OMEGACAM').FLAT_FIELD


def test_a_camera_can_switch_off(night, home):
    from awlike.cameras import known
    camera = known.camera('OMEGACAM')
    off = camera.__class__(**{**vars(camera), 'parameters': {**camera.parameters, '*.FLAT_FIELD': False}})
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(known._built_in(), 'OMEGACAM', off)
        step, = Resolver(ParametersInForce(), commit=False).resolve(
            ReducedScienceFrame, [of_frame(RawScienceFrame.select_all()[0])])
        assert step.error is None and 'flat' not in step.inputs
        from awlike.calibrations.needs import needs
        resolver = Resolver(ParametersInForce(), commit=False)
        wanted = needs(resolver, {of_frame(RawScienceFrame.select_all()[0]): {0}})
        assert FlatFrame not in {one.cls for one in wanted} and BiasFrame in {one.cls for one in wanted}


def test_a_switch_that_is_no_parameter_is_refused():
    with pytest.raises(DefinitionError, match='switch NONSENSE, which is no process parameter'):
        type('Odd', (ProcessTarget,), {'bias': Input(BiasFrame, 'text', switch='NONSENSE'), '__module__': __name__})
