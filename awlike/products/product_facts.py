"""What there is to tell of products beyond what any object has: results, parameters, and measures beside their limits."""

import math

from awlike.persist.object_facts import fact_of, in_words, meaning_of
from awlike.products.quality import as_judged
from awlike.views.facts import Fact


def of_product(product, facts):
    """`facts` of any object, made whole for a product."""
    cls, groups = type(product), facts.groups
    origin = cls.inputs()[cls.principal_role()].target.__properties__
    results = [name for name in cls.own_values() if name not in origin]  # what its principal input has too is no result
    rest = {'process_params', 'quality', *results}
    groups['what it is'] = [fact for fact in groups['what it is'] if fact.name not in rest]
    groups['results'] += [fact_of(product, name, cls.__properties__[name]) for name in results]
    measured = _measured(product)
    groups['parameters'] = [fact for fact in _parameters(product) if fact.name not in {one.name for one in measured}]
    groups['quality'] = [_flags(product, fact) if fact.name == 'quality_flags' else fact for fact in groups['quality']]
    groups['quality'] += measured
    return facts


def _parameters(product):
    params = product.process_params
    if params is None:
        return []
    return [_parameter(name, getattr(params, name, None), field) for name, field in type(params).model_fields.items()]


def _parameter(name, value, field) -> Fact:
    unit, text = field.json_schema_extra['unit'], in_words(value)
    if isinstance(value, int) and (meaning := meaning_of(value, field.description)):
        text += f' ({meaning})'
    elif text and value != field.default and field.default != {}:
        text, unit = f'{text} {unit}'.rstrip() + f' (default {in_words(field.default)})', ''
    return Fact(name, text, unit, value, field.description)


def _flags(product, fact) -> Fact:
    """The flags, by the names of the limits that they stand for."""
    missed = ', '.join(one.name for one in as_judged(type(product), product).missed)
    return fact._replace(text=f'{fact.value} ({missed})') if missed else fact


def _measured(product):
    """What was measured when it was made, beside its limits."""
    quality = as_judged(type(product), product)
    before = quality.compared_with
    return [_held(one, type(product).Parameters.model_fields[one.name].description) for one in quality.held] + \
        ([Fact('compared with', before, '', before)] if before else [])


def _held(one, about) -> Fact:
    value = {'measured': one.value if math.isfinite(one.value) else None, 'limit': one.limit, 'unit': one.unit,
             'missed': one.missed}
    return Fact(one.name, f'{one}{"  MISSED" if one.missed else ""}'.removeprefix(f'{one.name}: '), '', value, about)
