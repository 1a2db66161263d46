"""How what was measured on a detector runs in time."""

from awlike.views.image import panels


def against_time(product, name):
    """A panel of the value `name` of a product among those of all valid ones of its class and detector, against time."""
    cls, rows = type(product), []
    if product.is_committed:
        rows = list(((cls.chip == product.chip) & (cls.is_valid >= 1)).table('DATE_OBS', name))
    return panels.against_time([row[0] for row in rows], [row[1] for row in rows], product.DATE_OBS, getattr(product, name),
                               name, cls.__properties__[name].unit)
