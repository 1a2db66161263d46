"""The commands by which a person judges frames: invalidate, validate."""

import json

from awlike import BiasFrame, BiasTask, RawBiasFrame, context


def test_a_frame_is_invalidated_with_a_reason_and_valid_again(awe, night):
    BiasTask('OMEGACAM', commit=True).execute()
    raw = BiasFrame.select_all()[0].raw_bias_frames[0]
    status, out, said = awe('invalidate', raw.filename, '--reason', 'taken with the lamp on')
    assert (status, said) == (0, '') and out == f'{raw.filename} is invalid now; 2 products count no longer\n'
    raw = RawBiasFrame.get(raw.object_id)
    change, = context.history(raw)
    assert raw.is_valid == 0 and (change.attribute, change.new, change.reason) == ('is_valid', '0', 'taken with the lamp on')
    assert not BiasFrame.select_valid().exists()
    assert awe('invalidate', raw.filename, '--reason', 'again')[1] == f'{raw.filename} is invalid already\n'
    status, out, _ = awe('validate', raw.object_id, '--json')
    told, = json.loads(out)
    assert status == 0 and (told['filename'], told['was'], told['is_valid']) == (raw.filename, 0, 1)
    assert BiasFrame.select_valid().exists() and len(context.history(raw)) == 2


def test_an_invalidation_needs_a_reason(awe, night):
    name = RawBiasFrame.select_all()[0].filename
    status, _, said = awe('invalidate', name)
    assert status == 2 and '--reason' in said and RawBiasFrame.select_all()[0].is_valid == 1


def test_nothing_is_judged_where_one_of_the_names_is_unknown(awe, night):
    name = RawBiasFrame.select_all()[0].filename
    status, out, said = awe('invalidate', name, 'nothing.fits', '--reason', 'bad')
    assert status == 2 and out == '' and 'nothing.fits' in said and RawBiasFrame.select_all()[0].is_valid == 1


def test_the_prompt_takes_a_reason_too(night):
    raw = RawBiasFrame.select_all()[0]
    context.update_is_valid(raw, 0, 'a cosmic shower')
    assert [change.reason for change in context.history(raw)] == ['a cosmic shower']
