"""Doing what a plan says: each step is made, and committed when asked, as soon as its inputs are there."""

import logging

from awlike.context import context
from awlike.errors import AwlikeError, NoCalibration, NotFound
from awlike.frames.files import remember, write_product
from awlike.frames.frame import stamp_name
from awlike.frames.product import CalibrationFrame
from awlike.persist.database import database
from awlike.store import server
from awlike.tasks.choose import Choice
from awlike.tasks.resolve import actual_inputs, key_of, reuse

log = logging.getLogger('awlike')


def execute(plan, commit: bool, step_done=lambda step: None) -> list:
    """Make what `plan` says; a step that fails takes only those with it that need it.

    Returns
    -------
    list of Step
        The steps that made something, in order.
    """
    made, choice = [], Choice(commit)
    for step in plan.to_make:
        _fail_with_inputs(step)
        if step.error is None:
            try:
                if _make(step, commit, choice):
                    made.append(step)
            except Exception as error:  # whatever goes wrong with one target, its siblings go on
                log.debug('%s failed', step, exc_info=True)
                step.error = error if isinstance(error, AwlikeError) else _with_type(error)
        step_done(step)
    return made


def _fail_with_inputs(step):
    """A step cannot be done when one of its inputs could not be made."""
    for earlier in step.before():
        if earlier.error is not None:
            step.error = NotFound(f'{step.cls.__name__} needs {earlier.cls.__name__} of {earlier.request}: {earlier.error}')
            return


def _make(step, commit, choice) -> bool:
    """Make the product of `step`, unless its inputs, now that they are there, show that it exists already."""
    key = key_of(step)
    same = choice.by_key(step.cls, [key]).get(key)
    if same is not None:
        reuse(step, same)
        if not step.to_make:
            return False
    product = step.cls.produce(actual_inputs(step), step.params)
    if commit:
        commit_product(product)
    step.existing = step.product = product
    if issubclass(step.cls, CalibrationFrame) and product.quality_flags:
        step.existing = None
        step.error = NoCalibration(f'{product} was made and missed its limits {", ".join(product.missed_limits())}: '
                                   'look at it, invalidate bad raw frames (context.update_is_valid(raw, 0)), '
                                   'or change the limits by Pars')
    return True


def commit_product(product) -> None:
    """Store a product: first its file, whole and on the disk, then one transaction with all that is to be known of it.

    A crash in between leaves a file that nothing names.
    """
    context.stamp(product)
    context.check_inputs(product)
    data = product.data
    if data is not None:
        product.filename = stamp_name(product)
        with server().new_file(product.filename) as path:
            write_product(path, product)
            product.size = path.stat().st_size
    db = database()
    try:
        with db.transaction() as connection:
            db.insert(connection, [product])
    except BaseException:
        if data is not None:
            server().remove(product.filename)
        raise
    db.adopt([product])
    if data is not None:
        del product._data
        remember(product, data)


def _with_type(error):
    wrapped = AwlikeError(f'{type(error).__name__}: {error}')
    wrapped.__cause__ = error
    return wrapped
