"""Selections as arguments of tasks: their members are the frames, plans and products tell of them, and uses are kept."""

import pytest

from awlike.context import context
from awlike.errors import NotFound, ParameterError
from awlike.frames.bias import BiasFrame
from awlike.frames.psf_model import PSFModel
from awlike.frames.raw import RawBiasFrame, RawScienceFrame
from awlike.frames.reduced import ReducedScienceFrame
from awlike.persist.provenance import provenance_of
from awlike.recipes.reduced import ReduceTask
from awlike.tasks.chain import Chain
from awlike.tasks.task_arguments import grouped
from tests import paper
from tests.sets import SetLevelsTask
from tests.tasks.test_frames import OfAnyTask, asked


@pytest.fixture
def some(night):
    """The selection SOME of two raw science frames of the night."""
    return context.select('SOME', RawScienceFrame.select_all().order_by('DATE_OBS').limit(2))


def test_the_members_are_the_frames(some):
    raws = some.members()
    assert asked(ReduceTask(selection='SOME')) == asked(ReduceTask(selection=some)) == raws
    assert asked(ReduceTask('OMEGACAM', selection='SOME', raw_filenames=[raws[1].filename])) == raws[1:]
    context.update_is_valid(raws[0], 0)
    assert asked(ReduceTask(selection='SOME')) == raws[1:], 'what people judged invalid is left out, as ever'


def test_members_are_those_of_the_moment_of_planning(some):
    task = ReduceTask(selection='SOME')
    context.select('SOME', RawScienceFrame.select_all().limit(0) | (RawScienceFrame.filename == some.members()[1].filename))
    assert len(asked(ReduceTask(selection='SOME'))) == 1 and len(asked(task)) == 2, 'a task keeps the rule that it was given'


def test_the_plan_tells_the_selection(some):
    text = str(ReduceTask(selection='SOME').plan())
    assert text.startswith(f'ReduceTask of selection SOME, saved {some.date:%Y-%m-%d %H:%M:%S} by ada: 2 targets')


def test_products_and_their_lineage_tell_the_selection_and_the_use_is_kept(reduced):
    context.select('SOME', RawScienceFrame.select_all().limit(2))
    before = context.selection('SOME')
    assert before.uses() == []
    ReduceTask(selection='SOME', commit=True, rebuild='all').execute()
    use, = before.uses()
    assert (use.task, use.user) == ('Reduce', 'ada') and use.members() == before.members() and len(use.ids) == 2
    made = ReducedScienceFrame.select_all().order_by('-creation_date')[0]
    assert made.selection.startswith('SOME, saved ') and made.selection.endswith('by ada')
    assert made.weight.selection is None, 'what is made on the way is chosen by no selection'
    assert 'SOME, saved' in str(made.facts())
    assert provenance_of(made).target.facts_of('making')['selection'] == made.selection
    assert len(ReducedScienceFrame.selection.like('SOME,*')) == 2


def test_without_commit_no_use_is_kept(reduced):
    context.select('SOME', RawScienceFrame.select_all().limit(1))
    ReduceTask(selection='SOME').execute()
    assert context.selection('SOME').uses() == []


def test_the_last_step_of_a_chain_works_on_the_selection(some):
    chain = Chain('Bias>Reduce', selection='SOME', commit=True)
    assert asked(chain.tasks[1]) == some.members() and chain.tasks[0].selected is None
    assert chain.tasks[0].instrument == 'OMEGACAM'


def test_science_frames_that_were_made_here_can_be_selected(reduced):
    context.select('RED', ReducedScienceFrame.EXPTIME > 0)
    frames = context.selection('RED').members()
    assert asked(OfAnyTask(selection='RED')) == frames != []
    with pytest.raises(ParameterError, match='selects ReducedScienceFrame, and the task works on RawScienceFrame'):
        ReduceTask(selection='RED').plan()


def test_frames_are_selected_by_what_was_measured_on_them(reduced):
    first, second = ReducedScienceFrame.select_all()[:2]
    paper.insert(*[paper.product(PSFModel, frame=frame, fwhm=fwhm, instrument=frame.instrument)
                   for frame, fwhm in ((first, 3.0), (second, 5.0))])
    context.select('SHARP', PSFModel.fwhm < 4)
    assert asked(OfAnyTask(selection='SHARP')) == [first]


def test_what_cannot_be_selected_is_refused(some):
    with pytest.raises(NotFound, match="no selection 'SOM'.*SOME"):
        ReduceTask(selection='SOM')
    with pytest.raises(ParameterError, match='give the name of a saved selection'):
        ReduceTask(selection=RawScienceFrame.EXPTIME > 1)
    context.select('NONE', RawScienceFrame.EXPTIME < 0)
    with pytest.raises(NotFound, match='selection NONE has no members: RawScienceFrame.EXPTIME < 0'):
        ReduceTask(selection='NONE')
    context.select('BIAS', RawBiasFrame.select_all())
    with pytest.raises(ParameterError, match='selects RawBiasFrame, and the task works on RawScienceFrame'):
        ReduceTask(selection='BIAS').plan()
    context.select('MADE', BiasFrame.select_all())
    with pytest.raises((ParameterError, NotFound)):
        ReduceTask(selection='MADE').plan()


def test_frames_are_grouped_by_an_attribute():
    frames = [RawScienceFrame(OBJECT=name, EXPTIME=float(n)) for n, name in enumerate(['M31', 'M33 ', None, 'M31', 'M33'])]
    assert [[int(one.EXPTIME) for one in some] for some in grouped(frames, 'OBJECT')] == [[0, 3], [1, 4], [2]]
    assert grouped(frames, None) == [frames] and grouped([], None) == []
    for name, told in (('OBJET', 'no attribute OBJET.*OBJECT'), ('astrom.x', 'no attribute x'), ('OBJECT.x', 'no attribute x')):
        with pytest.raises(ParameterError, match=told):
            grouped([RawScienceFrame(OBJECT='M31', astrom={'x': 1})], name)


def test_a_set_is_asked_for_of_each_group(reduced):
    whole = SetLevelsTask('OMEGACAM').requests()
    number = len({frame.OBJECT for frame in whole[0].members})
    assert len(whole) == 1 and len(SetLevelsTask('OMEGACAM', group_by='OBJECT').requests()) == number
    each = SetLevelsTask('OMEGACAM', group_by='filename').requests()
    assert [len(one.members) for one in each] == [1] * len(whole[0].members)
    with pytest.raises(ParameterError, match='give an attribute'):
        ReduceTask('OMEGACAM', group_by='__class__')
