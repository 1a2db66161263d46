"""Products: what is made from other objects, by their class's `make`."""

import datetime
import time

from sqlalchemy.orm import mapped_column

from awlike.current import current
from awlike.digests import content_digest, text_digest
from awlike.errors import NotStored, ParameterError
from awlike.persist.dataobject import Imstat
from awlike.persist.dbobject import attribute
from awlike.persist.links import listed
from awlike.persist.provenance import RecordedFact
from awlike.persist.types import COLUMN_TYPES
from awlike.products.code_digest import code_digest, libraries
from awlike.products.frame import Frame
from awlike.products.inputs import Inputs
from awlike.products.parameters import ProcessParameters, StoredParameters
from awlike.products.quality import Quality, as_judged, compared, judge, verified
from awlike.products.raw import RawFrame
from awlike.query.properties import Attribute
from awlike.store import server

_MAKING = 'recipe', 'make_version', 'code_digest', 'libraries', 'reuse_key', 'seconds'  # what provenance tells of it


class ProcessTarget(Frame):
    """Something that is made from other objects.

    A subclass declares its inputs and `Parameters` has a static `make(inputs, params)` that gives a dict:
    ``'data'`` for an image, and a value for each persistent attribute of its own. `make` sees its inputs and its
    parameters and nothing else; it touches neither database nor files.
    """

    _shared = True
    Parameters = ProcessParameters
    LIMITS: dict = {}       # limit among the parameters -> what of a product it bounds
    DIFFERENCES: dict = {}  # limit among the parameters -> what of a product and the one before it bounds
    MAKE_VERSION = 1        # raise it when make() gives other results than before
    FAMILY = 'science product'
    PRINCIPAL = None        # the input that says where and when; by default the first one that is declared

    reuse_key = attribute(str, 'identity: equal for equal class, parameters and content of the inputs', index=True)
    make_version = attribute(int, 'version of the code that made it, as its author counts')
    code_digest = attribute(str, 'digest of the source that made it, helpers included')
    libraries = attribute(str, 'versions of the libraries and the platform that it was made with')
    recipe = attribute(str, "recipe that asked for it; a user's own with the digest of its source")
    process_parameters = mapped_column(COLUMN_TYPES[dict], nullable=True)
    process_params = StoredParameters()
    quality = attribute(dict, 'what was held to its limits when it was made: measured values, and what it was compared with')
    seconds = attribute(float, 'how long its making took', unit='s')

    @staticmethod
    def make(inputs, params) -> dict:
        """Make the content of a product of this class; each class has its own.

        Parameters
        ----------
        inputs : Inputs
            The declared inputs by role, each with its `data` and the values that describe it; one that is absent is None,
            or an empty list.
        params : Parameters
            The process parameters.

        Returns
        -------
        dict
            ``'data'``, the image, for a class that has one; a value for each attribute of the class's own; and, optionally,
            ``'good'``, a map of the pixels over which statistics are taken.
        """
        raise NotImplementedError

    @classmethod
    def principal_role(cls) -> str:
        """The input that says where and when a product belongs."""
        return cls.PRINCIPAL or next(iter(cls.inputs()))

    @classmethod
    def own_values(cls) -> list[str]:
        """The attributes that are the results of this kind: those that not all products have."""
        common = {name for base in cls.__mro__ if '_shared' in vars(base) for name in base.__properties__}
        return [name for name, p in cls.__properties__.items() if isinstance(p, Attribute) and name not in common]

    @classmethod
    def columns_to_show(cls):
        own = [name for name in cls.own_values()
               if name not in cls.TO_SHOW and cls.__properties__[name].type in (int, float, str)]
        return super().columns_to_show() + own[:3]

    @classmethod
    def key_for(cls, inputs: dict, params) -> str:
        """The identity of what `inputs` (by role) and `params` make.

        `inputs` are objects or steps of a plan, whatever has a digest. Left out are ids, names and dates of the inputs
        (the same content gives the same product, whoever made it when), parameters that do not change pixels, optional
        inputs that are absent (so that a class can be given one more), and the code, which is compared only where it is
        asked for.
        """
        lines = [cls.__name__, params.canonical]
        for role in cls.inputs():
            value = inputs.get(role)
            if isinstance(value, list) and value:
                lines.append(f'{role} {" ".join([one.digest for one in value])}')
            elif value:
                lines.append(f'{role} {value.digest}')
        return text_digest('\n'.join(lines))

    @classmethod
    def produce(cls, inputs: dict, params, previous=None) -> 'ProcessTarget':
        """Make an object of this class, in memory.

        Parameters
        ----------
        inputs : dict
            Objects, or lists of them, by role.
        params : Parameters
            Its process parameters.
        previous : ProcessTarget, optional
            The one before it, with which it is compared: for its quality, which is no part of its content.
        """
        started = time.perf_counter()
        product = cls(**{role: value for role, value in inputs.items() if value is not None and value != []})
        product._describe_origin(params)
        result = cls.make(Inputs(cls, inputs), params)
        product._take(result)
        judge(product, previous)
        product.reuse_key = cls.key_for(inputs, params)
        product.make_version, product.code_digest, product.libraries = cls.MAKE_VERSION, code_digest(cls), libraries()
        product.seconds = time.perf_counter() - started
        return product

    def _describe_origin(self, params) -> None:
        """Where and when it belongs: as its principal input, or the first of those that can take its place."""
        origin = self._origin()
        self.instrument, self.chip = origin[0].instrument, origin[0].chip
        if 'filter' in type(self).__properties__:
            self.filter = origin[0].filter
        self.DATE_OBS = mean_date(origin)
        self.process_params = params
        self.is_valid = 1

    def _origin(self) -> list:
        """Its principal input, or the first of those that can take its place, as a list."""
        roles = [self.principal_role(), *type(self).inputs()]
        return next(found for role in roles if (found := listed(getattr(self, role))))

    def _take(self, result: dict) -> None:
        values = dict(result)
        data, good = values.pop('data', None), values.pop('good', None)
        for name, value in values.items():
            setattr(self, name, value)
        if data is not None:
            from awlike.pixels.statistics import image_statistics
            data.flags.writeable = False
            self._data = data
            self.imstat = Imstat(**image_statistics(data, good))
        self.digest = content_digest(data, {name: value for name, value in values.items() if value is not None})

    def how_made(self):
        """Process parameters, results, and what else is kept of its making."""
        cls, parameters = type(self), self.process_parameters or {}
        units = {name: part.unit for name, part in cls.__properties__['process_params'].parts(cls).items()}
        facts = [RecordedFact('parameter', name, value, units.get(name, '')) for name, value in parameters.items()]
        facts += [RecordedFact('result', name, value, cls.__properties__[name].unit) for name in cls.own_values()
                  if (value := getattr(self, name)) is not None]
        facts += [RecordedFact('making', name, value, cls.__properties__[name].unit) for name in _MAKING
                  if (value := getattr(self, name)) is not None]
        return facts + ([RecordedFact('making', 'project', self.project.name)] if self.project else [])

    # --- how good it is ---

    def verify(self) -> Quality:
        """Measure it anew and hold it to the limits that it was made with.

        That is done when it is made, and sets its `quality_flags`; afterwards it tells and changes nothing.

        Returns
        -------
        awlike.products.quality.Quality
            True when no limit is missed, with `held`, `missed`, `flags`; print it.
        """
        return verified(self)

    def compare(self, previous=None) -> Quality:
        """Hold its change since an earlier one to the limits that it was made with; as `verify`, it changes nothing.

        Parameters
        ----------
        previous : object of the same class, optional
            What it is compared with. Default: the latest good one, with equal parameters, of the same chip and filter
            that was observed earlier; where there is none, nothing is missed.

        Returns
        -------
        awlike.products.quality.Quality
        """
        if previous is not None and type(previous) is not type(self):
            raise ParameterError(f'{self} is compared with another {type(self).__name__}, not with {previous!r}')
        return compared(self, previous or current().predecessor(self))

    def missed_limits(self) -> list:
        """The limits that it missed when it was made, each with what was measured."""
        return as_judged(type(self), self).missed

    # --- its file, which can be made again ---

    def _path(self):
        try:
            return super()._path()
        except NotStored:  # it was dropped or lost
            from awlike.products.reproduce import restore
            restore(self)
            return super()._path()

    def why_keep_file(self, stored=None):
        stored = stored or server().has_all
        if self.filename is None or not stored([self.filename]):
            return 'no file is there'
        if self._made_by_other_code():
            return 'other code or libraries made it than are here now'
        ancestors = self.ancestors()
        raw_names = {one.raw_fits.filename for one in ancestors if isinstance(one, RawFrame)}
        products = [one for one in ancestors if isinstance(one, ProcessTarget) and one.filename]
        there = stored(raw_names | {one.filename for one in products})
        if raw_names - there:
            return 'raw files of its lineage are lost'
        for one in products:
            if one.filename not in there and one._made_by_other_code():
                return 'its lineage has dropped files that other code or libraries made'
        return ''

    def _made_by_other_code(self) -> bool:
        now = type(self).MAKE_VERSION, code_digest(type(self)), libraries()
        return (self.make_version, self.code_digest, self.libraries) != now

    def reproduce(self):
        """Make it again in memory, from its own recorded inputs and parameters, and compare bit by bit.

        Returns
        -------
        awlike.products.reproduce.Reproduction
            With `identical`; print it.
        """
        from awlike.products.reproduce import reproduce
        return reproduce(self)

    # --- why it is as it is ---

    def facts(self):
        from awlike.products.product_facts import of_product
        return of_product(self, super().facts())

    def why(self, pars=None):
        """Whether it still holds, and if not, what happened.

        Parameters
        ----------
        pars : dict, optional
            Process parameters other than those in force, from ``Pars(...).get()``.

        Returns
        -------
        awlike.tasks.why.Verdict
            With `holds`, `reasons`, `details`; print it.
        """
        return current().why(self, pars)

    def chosen_because(self, role: str):
        """Why it was made from this calibration: the others that covered its date, and what each lost by.

        Parameters
        ----------
        role : str
            The input, as ``'bias'``.

        Returns
        -------
        awlike.tasks.why.Selection
            Print it.
        """
        return current().chosen_because(self, role)


def mean_date(objects) -> datetime.datetime:
    """The mean of their dates of observation."""
    first = min(one.DATE_OBS for one in objects)
    return first + sum((one.DATE_OBS - first for one in objects), datetime.timedelta()) / len(objects)
