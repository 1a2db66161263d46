"""Products: objects that the `make` of their class makes from other objects."""

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Any, ClassVar

from sqlalchemy.orm import mapped_column

from awlike.current import current
from awlike.digests import text_digest
from awlike.errors import DefinitionError, NotStored, ParameterError
from awlike.persist.dbobject import Input, attribute
from awlike.persist.header_correction import ROLE, HeaderCorrections
from awlike.persist.provenance import RecordedFact
from awlike.persist.types import COLUMN_TYPES
from awlike.products.code_digest import code_digest, libraries
from awlike.products.frame import Frame
from awlike.products.parameters import ProcessParameters, StoredParameters
from awlike.products.quality import LimitCheck, Quality, as_judged, compared, verified
from awlike.products.raw import RawFrame
from awlike.query.properties import Attribute
from awlike.store import server

if TYPE_CHECKING:
    from pathlib import Path

    from awlike.fits.writing import Card
    from awlike.products.reproduce import Reproduction
    from awlike.views.facts import Facts

# The part of provenance about making:
_MAKING = 'recipe', 'selection', 'make_version', 'code_digest', 'libraries', 'reuse_key', 'seconds'


class ProcessTarget(Frame):
    """Something that is made from other objects.

    A subclass declares its inputs and `Parameters`, and has a static `make(inputs, params)` that returns a dict:
    ``'data'`` for an image, and a value for each persistent attribute that the class itself declares. `make` sees its
    inputs and its parameters and nothing else; it touches neither database nor files.
    """

    _shared = True
    Parameters: ClassVar[type[ProcessParameters]] = ProcessParameters
    LIMITS: ClassVar[dict[str, Callable[[Any], Any]]] = {}            # limit among the parameters -> measure of a product
    DIFFERENCES: ClassVar[dict[str, Callable[[Any, Any], Any]]] = {}  # the same -> measure of a product and an earlier one
    MAKE_VERSION: ClassVar[int] = 1  # raise it when make() returns other results than before
    FAMILY = 'science product'
    NEEDS_ONE_OF: ClassVar[tuple[str, ...]] = ()  # optional inputs without all of which none is made
    PRINCIPAL: ClassVar[str | None] = None  # the input from which place and date come; by default the first declared one

    reuse_key = attribute(str, 'identity: equal for equal class, parameters and content of the inputs', index=True)
    make_version = attribute(int, 'version of the code that made it, as its author counts')
    code_digest = attribute(str, 'digest of the source that made it, helpers included')
    libraries = attribute(str, 'versions of the libraries and the platform that it was made with')
    recipe = attribute(str, "recipe that asked for it; a user's own with the digest of its source")
    selection = attribute(str, 'saved selection that chose its frames, when its rule was saved, and by whom')
    process_parameters = mapped_column(COLUMN_TYPES[dict], nullable=True)
    process_params = StoredParameters()
    quality = attribute(dict, 'values measured against limits when it was made, and the product that it was compared with')
    seconds = attribute(float, 'how long its making took', unit='s')
    imported = attribute(dict, 'of what was made elsewhere: name and digest of its file, EXPTIME [s], TEMPERATURE [deg_C]')
    calibration_levels = attribute(dict, 'by role, how far each of its calibrations is: nights, level, note')
    reference_choices = attribute(dict, 'by role, why its reference catalogue was chosen, or why it has none')
    members_left_out = attribute(dict, 'members of its set that could not be had, by name, and why')

    def __init_subclass__(cls, **options: Any) -> None:
        _add_header_corrections(cls)
        for link in (value for base in cls.__mro__ for value in vars(base).values() if isinstance(value, Input)):
            unknown = [name for name in link.switches if name not in cls.Parameters.model_fields]
            if unknown:
                raise DefinitionError(f'{cls.__name__}.{link.name} has the switch {unknown[0]}, which is no process parameter '
                                      f'of the class: declare it in Parameters, {unknown[0]}: bool = switch(...)')
            asking = [name for name in (*link.asked_by, *filter(None, [link.earlier]))
                      if name not in cls.Parameters.model_fields]
            if asking:
                raise DefinitionError(f'{cls.__name__}.{link.name} is asked for by {asking[0]}, which is no process parameter '
                                      f'of the class: declare it in Parameters, {asking[0]}: ... = parameter(...)')
            if link.named_by is not None and link.named_by not in cls.Parameters.model_fields:
                raise DefinitionError(f'{cls.__name__}.{link.name} is named by {link.named_by}, which is no process parameter '
                                      f'of the class: declare it in Parameters, {link.named_by}: str = choosing(...)')
        super().__init_subclass__(**options)

    @staticmethod
    def make(inputs: Any, params: Any) -> dict[str, Any]:
        """Make the content of a product of this class; each class has its own `make`.

        Parameters
        ----------
        inputs : Inputs
            The declared inputs by role, each with its `data` and the values that describe it. An absent input is None or
            an empty list.
        params : Parameters
            The process parameters.

        Returns
        -------
        dict
            ``'data'``, the image, for a class that has one; an array or the columns of a table for each `Plane` and
            `ContentTable` that the class declares; a value for each attribute that the class itself declares; and,
            optionally, ``'good'``, a map of the pixels over which statistics are taken.
        """
        raise NotImplementedError

    @classmethod
    def principal_role(cls) -> str:
        """Return the role of the input from which place and date of a product come; empty for a kind that is imported."""
        return cls.PRINCIPAL or next(iter(cls.inputs()), '')

    @classmethod
    def is_of_members(cls) -> bool:
        """Return whether a product is made of the members of a set, and so is of no single detector."""
        link = cls.inputs().get(cls.principal_role())
        return link is not None and link.many and not issubclass(link.target, RawFrame)

    @classmethod
    def own_values(cls) -> list[str]:
        """Return the names of the attributes that are results of this kind, those that not all products have."""
        return [name for name, p in cls.__properties__.items()
                if isinstance(p, Attribute) and name not in ProcessTarget.__properties__]

    @classmethod
    def results_to_show(cls) -> list[str]:
        own = [name for name in cls.own_values()
               if name not in cls.TO_SHOW and cls.__properties__[name].type in (int, float, str)]
        return own[:3]

    @classmethod
    def key_for(cls, inputs: dict[str, Any], params: ProcessParameters, grid: str | None = None) -> str:
        """Return the identity of the product that `inputs` (by role) and `params` make, on a `grid` if it is resampled.

        `inputs` are objects or steps of a plan, anything that has a digest. The identity leaves out: ids, names and dates
        of the inputs, because the same content makes the same product; parameters that do not change pixels; optional
        inputs that are absent, so that a class can get a new one; and the code, which is compared only on request.
        """
        lines = [cls.__name__, params.canonical, *([] if grid is None else [f'grid {grid}'])]
        for role in cls.inputs():
            value = inputs.get(role)
            if value is None:
                continue
            if not isinstance(value, list):
                lines.append(f'{role} {value.digest}')
            elif value:
                lines.append(f'{role} {" ".join([one.digest for one in value])}')
        return text_digest('\n'.join(lines))

    @property
    def applied_parameters(self) -> dict[str, Any]:
        """The process parameters that applied to it; of an imported product the limits alone that it was measured against."""
        every, measured = self.process_parameters or {}, self.quality or {}
        return {name: value for name, value in every.items() if name in measured} if self.imported else every

    @property
    def left_out(self) -> dict[str, str]:
        """The inputs that were switched off, by role, each with the process parameter that did so."""
        params = self.process_params
        return {} if params is None or self.imported else {
            role: name for role, link in type(self).inputs().items() if (name := link.switched_off(params))}

    def how_made(self) -> list[RecordedFact]:
        """Return process parameters, results, and the other recorded facts of the making."""
        cls, parameters = type(self), self.applied_parameters
        stored = cls.__properties__['process_params']
        assert isinstance(stored, StoredParameters)
        units = {name: part.unit for name, part in stored.parts(cls).items()}
        facts = [RecordedFact('parameter', name, value, units.get(name, '')) for name, value in parameters.items()]
        facts += [RecordedFact('result', name, value, cls.__properties__[name].unit) for name in cls.own_values()
                  if (value := getattr(self, name)) is not None]
        facts += [RecordedFact('making', name, value, cls.__properties__[name].unit) for name in _MAKING
                  if (value := getattr(self, name)) is not None]
        facts += [RecordedFact('making', 'left_out', left_out)] if (left_out := self.left_out) else []
        return facts + ([RecordedFact('making', 'project', self.project.name)] if self.project else [])

    # --- how good it is ---

    def verify(self) -> Quality:
        """Measure the product anew against the limits with which it was made.

        Making does the same and sets `quality_flags`; `verify` reports and changes nothing.

        Returns
        -------
        awlike.products.quality.Quality
            True when no limit is missed, with `held`, `missed`, `flags`; print it.
        """
        return verified(self)

    def compare(self, previous: 'ProcessTarget | None' = None) -> Quality:
        """Measure the change since an earlier product against the limits with which this one was made; nothing is changed.

        Parameters
        ----------
        previous : object of the same class, optional
            The earlier product. Default: the latest good one that was observed earlier, of the same chip and filter and
            with equal parameters; where there is none, no limit is missed.

        Returns
        -------
        awlike.products.quality.Quality
        """
        if previous is not None and type(previous) is not type(self):
            raise ParameterError(f'{self} is compared with another {type(self).__name__}, not with {previous!r}')
        return compared(self, previous or current().predecessor(self))

    def missed_limits(self) -> list[LimitCheck]:
        """Return the limits that the product missed when it was made, each with the measured value."""
        return as_judged(type(self), self).missed

    def remarks(self) -> list[str]:
        """Return what a person must know of the product beside its limits, in sentences; `info()` and the log have them."""
        return []

    # --- its file, which can be made again ---

    def further_cards(self) -> list['Card']:
        """Return cards that the header of its file has beside the cards of every product, as (keyword, value, comment).

        They tell of its lineage, as the header does: digests do not cover them.
        """
        return []

    def further_tables(self, checked: str) -> bytes:
        """Return tables that its file has before the tables of its lineage, whole HDUs; digests do not cover them.

        `checked` is the date for the comments of their checksums.
        """
        return b''

    @property
    def original_name(self) -> str:
        """The name of the file from which it was imported; empty for what awlike made."""
        return (self.imported or {}).get('name', '')

    def _path(self) -> 'Path':
        try:
            return super()._path()
        except NotStored:  # the file was dropped or lost
            from awlike.products.reproduce import restore
            restore(self)
            return super()._path()

    def why_keep_file(self, stored: Callable[[Collection[str]], set[str]] | None = None) -> str:
        if self.imported:
            return f'it was imported from {self.original_name}, and awlike cannot make it again'
        stored = stored or server().has_all
        if self.filename is None or not stored([self.filename]):
            return 'no file is there'
        if self._made_by_other_code():
            return 'other code or libraries made it than are here now'
        from awlike.products.reproduce import headers_differ
        if headers_differ(self):
            return 'the headers of its raw frames were corrected since it was made'
        ancestors = self.ancestors()
        raw_names = {one.raw_fits.filename for one in ancestors if isinstance(one, RawFrame)}
        products = [one for one in ancestors if isinstance(one, ProcessTarget) and one.filename]
        at_hand = stored(raw_names | {one.filename for one in products})
        if raw_names - at_hand:
            return 'raw files of its lineage are lost'
        for one in products:
            if one.filename not in at_hand and one._made_by_other_code():
                return 'its lineage has dropped files that other code or libraries made'
        return ''

    def _made_by_other_code(self) -> bool:
        now = type(self).MAKE_VERSION, code_digest(type(self)), libraries()
        return (self.make_version, self.code_digest, self.libraries) != now

    def reproduce(self) -> 'Reproduction':
        """Make the product again in memory, from its recorded inputs and parameters, and compare bit by bit.

        Returns
        -------
        awlike.products.reproduce.Reproduction
            With `identical`; print it.
        """
        from awlike.products.reproduce import reproduce
        return reproduce(self)

    # --- why it is as it is ---

    def facts(self) -> 'Facts':
        from awlike.products.product_facts import of_product
        return of_product(self, super().facts())

    def why(self, pars: dict[str, Any] | None = None) -> Any:
        """Return whether the product still holds, and if not, why.

        Parameters
        ----------
        pars : dict, optional
            Process parameters in place of those in force, from ``Pars(...).get()``.

        Returns
        -------
        awlike.tasks.why.Verdict
            With `holds`, `reasons`, `details`; print it.
        """
        return current().why(self, pars)

    def chosen_because(self, role: str) -> Any:
        """Return why the product was made from this calibration or reference catalogue, and why each of the others lost.

        Parameters
        ----------
        role : str
            The role of the input, as ``'bias'``.

        Returns
        -------
        awlike.tasks.why.Selection
            Print it.
        """
        return current().chosen_because(self, role)


def _add_header_corrections(cls: type[ProcessTarget]) -> None:
    """Let a class whose products are made from raw frames have the corrections of their headers as a further input."""
    of_raws = any(isinstance(link, Input) and isinstance(link._target, type) and issubclass(link._target, RawFrame)
                  for link in vars(cls).values())
    if of_raws and not hasattr(cls, ROLE):
        link = HeaderCorrections()
        setattr(cls, ROLE, link)
        link.__set_name__(cls, ROLE)
