"""Queries: comparisons of the attributes and links of a persistent class, and their evaluation.

========================================  ==================================================================
expression                                the objects ``a`` of class ``A`` for which, in plain Python,
========================================  ==================================================================
``A.x == v``                              ``a.x == v``; ``v`` None: ``a.x is None``
``A.x != v``                              ``not (a.x == v)``, so a missing ``a.x`` differs from every value
``A.x < v``, ``<= > >=``                  ``a.x is not None and a.x < v``
``A.x.like('*z?')``                       ``a.x is not None and fnmatchcase(a.x, '*z?')``, ``*`` and ``?`` alone special
``A.x.in_(vs)``                           ``any(a.x == v for v in vs)``
``A.x.between(lo, hi)``                   ``lo <= a.x <= hi``
``A.link == b``, ``A.link == None``       ``a.link == b``, ``a.link is None``; for a list link ``b in a.link``, ``not a.link``
``A.link.x < v``                          as above; missing without ``a.link``; for a list link ``any(m.x < v for m in a.link)``
``q & r``, ``q | r``, ``~q``              and, or, not
``A.made_from(b)``                        ``b`` is a direct input of ``a``
``A.descends_from(b)``, ``A.used_by(b)``  ``b in a.ancestors()``, ``a in b.ancestors()``
========================================  ==================================================================

On a list link a comparison holds when it holds for any member: ``A.raws.x != v`` is "some member differs",
while ``~(A.raws.x == v)`` is "no member equals".
"""
