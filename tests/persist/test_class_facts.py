"""What ``print(RawScienceFrame)`` says."""

import pytest
from IPython.lib.pretty import pretty

from awlike.frames.bias import BiasFrame
from awlike.frames.raw import RawScienceFrame
from awlike.persist.dataobject import DataObject
from awlike.persist.references import Filter, Project
from awlike.query.properties import classes

SCIENCE = """\
RawScienceFrame: A raw frame of the sky.
  attributes      """


def test_a_class_says_what_can_be_asked():
    shown = str(RawScienceFrame)
    assert shown.startswith('RawScienceFrame: ') and '\n  attributes      ' in shown and '\n  links           chip, ' in shown
    assert "(RawScienceFrame.filter.name == 'r_SDSS') & (RawScienceFrame.DATE_OBS > '2012-05-31')" in shown
    assert 'help(RawScienceFrame)' in shown and 'EXPTIME' in shown and max(map(len, shown.splitlines())) <= 120


@pytest.mark.parametrize('cls', [RawScienceFrame, BiasFrame, Filter, Project, DataObject], ids=lambda cls: cls.__name__)
def test_the_query_of_the_hint_can_be_asked(cls, project):
    line = next(line for line in str(cls).splitlines() if line.startswith('  a query'))
    assert len(eval(line.removeprefix('  a query').strip(), {**classes})) >= 0


def test_every_class_says_something_and_its_repr_stays():
    for cls in classes.values():
        assert str(cls).startswith(f'{cls.__name__}: ')
    assert repr(RawScienceFrame) == "<class 'awlike.frames.raw.RawScienceFrame'>"


def test_the_prompt_shows_it_and_a_list_names_the_class():
    assert pretty(RawScienceFrame) == str(RawScienceFrame) and pretty([RawScienceFrame]) == '[RawScienceFrame]'
