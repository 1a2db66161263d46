"""Facts of products beyond the facts of any object: results, parameters, and measured values beside their limits."""

import math
from typing import TYPE_CHECKING, Any

from awlike.nights import in_nights
from awlike.persist.header_correction import ROLE
from awlike.persist.object_facts import fact_of, in_words, meaning_of
from awlike.products.parameters import unit_of
from awlike.products.quality import LimitCheck, as_judged
from awlike.views.facts import Fact, Facts

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

    from awlike.products.product import ProcessTarget


_NAMED = 3  # members that are left out and shown


def of_product(product: 'ProcessTarget', facts: Facts) -> Facts:
    """Return `facts`, which any object has, completed for a product."""
    cls, groups = type(product), facts.groups
    principal = cls.inputs().get(cls.principal_role())
    origin = {} if principal is None else principal.target.__properties__
    results = [name for name in cls.own_values() if name not in origin]  # a value of the principal input is no result
    rest = {'process_params', 'quality', 'calibration_levels', 'reference_choices', 'members_left_out', *results}
    rest |= set() if product.imported else {'imported'}
    groups['what it is'] = [fact for fact in groups['what it is'] if fact.name not in rest]
    unasked = {ROLE, *(role for role, link in cls.inputs().items() if link.asked_by)}  # which most products do not have
    groups['inputs'] = [] if product.imported else [
        _input(product, fact) for fact in groups['inputs'] if fact.text or fact.name not in unasked]
    groups['inputs'] += _members_left_out(product)
    groups['results'] += [fact_of(product, name, cls.__properties__[name]) for name in results]
    measured = _measured(product)
    groups['parameters'] = [fact for fact in _parameters(product) if fact.name not in {one.name for one in measured}]
    groups['quality'] = [_flags(product, fact) if fact.name == 'quality_flags' else fact for fact in groups['quality']]
    remarks = product.remarks() if product.process_params is not None else []
    groups['quality'] += [*measured, *(Fact('remark', text, '', text) for text in remarks)]
    groups['calibrations'] = _levels(product)
    if product.imported:
        facts.about = f'imported from {product.original_name}; awlike did not make it'
    return facts


def _parameters(product: 'ProcessTarget') -> list[Fact]:
    params = product.process_params
    if params is None or product.imported:  # of an imported one the limits alone applied, which are with the quality
        return []
    return [_parameter(name, getattr(params, name, None), field) for name, field in type(params).model_fields.items()]


def _parameter(name: str, value: Any, field: 'FieldInfo') -> Fact:
    unit, text, about = unit_of(field), in_words(value), field.description or ''
    if isinstance(value, int) and (meaning := meaning_of(value, about)):
        text += f' ({meaning})'
    elif text and value != field.default and field.default not in ({}, ''):
        text, unit = f'{text} {unit}'.rstrip() + f' (default {in_words(field.default)})', ''
    return Fact(name, text, unit, value, about)


def _input(product: 'ProcessTarget', fact: Fact) -> Fact:
    """Return the fact of an input; of an input that was switched off it says so, of a reference catalogue how it was chosen."""
    why = (product.reference_choices or {}).get(fact.name)
    if why is not None:
        return fact._replace(text=f'{fact.text or "none"}, {why}')
    name = product.left_out.get(fact.name)
    return fact if name is None or fact.text else fact._replace(text=f'none, switched off by {name}')


def _members_left_out(product: 'ProcessTarget') -> list[Fact]:
    """Return the members that the product of a set lacks: how many, and the first of them with the reason."""
    left_out = product.members_left_out or {}
    text = '; '.join(f'{name}: {why}' for name, why in list(left_out.items())[:_NAMED])
    more = f'; and {len(left_out) - _NAMED} more' if len(left_out) > _NAMED else ''
    about = type(product).__properties__['members_left_out'].text
    return [Fact('members_left_out', f'{len(left_out)}: {text}{more}', '', left_out, about)] if left_out else []


def _levels(product: 'ProcessTarget') -> list[Fact]:
    """Return how far the calibrations are with which `product` was made."""
    return [Fact(role, ': '.join(part for part in (in_nights(one['nights']), one['level'], one['note']) if part), '', one)
            for role, one in (product.calibration_levels or {}).items()]


def _flags(product: 'ProcessTarget', fact: Fact) -> Fact:
    """Return the fact of the flags with the names of the limits that they stand for."""
    missed = ', '.join(check.name for check in as_judged(type(product), product).missed)
    return fact._replace(text=f'{fact.value} ({missed})') if missed else fact


def _measured(product: 'ProcessTarget') -> list[Fact]:
    """Return the values that were measured when `product` was made, beside their limits."""
    quality, fields = as_judged(type(product), product), type(product).Parameters.model_fields
    before = quality.compared_with
    return [_check(check, fields[check.name].description or '') for check in quality.held] + \
        ([Fact('compared with', before, '', before)] if before else [])


def _check(check: LimitCheck, about: str) -> Fact:
    value = {'measured': check.value if math.isfinite(check.value) else None, 'limit': check.limit, 'unit': check.unit,
             'missed': check.missed}
    return Fact(check.name, f'{check}{"  MISSED" if check.missed else ""}'.removeprefix(f'{check.name}: '), '', value, about)
