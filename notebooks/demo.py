"""Where a product came from, and what it looks like. Run by demo.sh as `awe demo.py`."""

red = ReducedScienceFrame.select_all().max('DATE_OBS')  # noqa: F821 -- the prompt's names are there
print(red.lineage())
print('\npicture:', red.inspect().resolve())
