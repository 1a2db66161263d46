"""The file names of products."""



def stamp_name(obj) -> str:
    """A file name for `obj`: kind, instrument, chip, filter, date of observation, and the end of its id."""
    filter_ = getattr(obj, 'filter') if 'filter' in type(obj).__properties__ else None
    words = [type(obj).__name__, obj.instrument.name, obj.chip.name, filter_.name if filter_ else '',
             f'{obj.DATE_OBS:%Y-%m-%dT%H-%M-%S}', obj.object_id.hex[-12:]]
    return '_'.join(''.join(c for c in word.replace(' ', '-') if c.isalnum() or c in '-_+.') for word in words if word) \
        + '.fits'
