"""The header of an exposure: what its detectors have in common, and the log of their reduction."""

from typing import TYPE_CHECKING, Any

from awlike.errors import AwlikeError
from awlike.fits.common_cards import divided
from awlike.fits.headers import frame_header
from awlike.products.reduction_log import Outcome, Told, merged
from awlike.store import server

if TYPE_CHECKING:
    from awlike.fits.writing import Card

# The steps of the log by the role of the input of a reduced frame.
_BY_ROLE: dict[str, tuple[str, ...]] = {
    '_XTALK': ('crosstalk_matrix', 'crosstalk_frames'), '_NONLIN': ('nonlinearity', 'gain'), '_BIAS': ('bias',),
    '_DARK': ('dark',),
    '_FLAT': ('flat',), '_FOTFLAT': ('photometric_flat',), '_ILLUMCR': ('illumination',),
    '_BADPXLS': ('bad_pixels', 'hot', 'cold'), '_COSMICS': ('weight.cosmic',), '_FRINGE': ('fringe',)}
# The steps by the process parameter of a reduced frame that switches them on, where no input has to serve.
_BY_PARAMETER = {'_OVERSCN': 'OVERSCAN_CORRECTION', '_XTALK': 'CROSSTALK', '_GAIN': 'GAIN_CORRECTION',
                 '_BADPXLS': 'BAD_PIXELS', '_SATURAT': 'SATURATION_TRAILS', '_PERSIST': 'PERSISTENCY_TIME',
                 '_TRIMCEL': 'CELL_EDGE', '_EXTNORM': 'EXPTIME_NORMALISATION'}


def raw_cards(mosaic: Any) -> 'tuple[list[Card], dict[str, list[Card]]]':
    """Return the cards of the raw headers that all detectors have in common, and by detector its own.

    A raw file that cannot be read any more tells nothing.
    """
    if '_raw_cards' not in mosaic.__dict__:
        headers = {}
        for frame in mosaic.frames:
            try:
                headers[frame.chip.name] = _raw_header(frame.raw)
            except AwlikeError:
                continue
        mosaic.__dict__['_raw_cards'] = divided(headers)
    return mosaic.__dict__['_raw_cards']


def _raw_header(raw: Any) -> Any:
    """Return the header of a raw frame as it was corrected: of several HDUs, the primary header alone."""
    from awlike.products.header_cards import with_cards
    header = frame_header(server().open_path(raw.raw_fits.filename), 0 if len(raw.tiles) > 1 else raw.extension)
    corrections = raw.corrections()
    return with_cards(header, corrections[-1].in_force or {}) if corrections else header


def log_of(mosaic: Any) -> dict[str, Told]:
    """Return the reduction log of a mosaic: the outcome of each step over all detectors, by keyword."""
    requested = set((mosaic.process_params.REQUESTED or '').split())
    keys = dict.fromkeys([*_BY_PARAMETER, *_BY_ROLE])
    found = {key: merged(_outcome(frame, key, key in requested) for frame in mosaic.frames) for key in keys}
    own = {key: Outcome(word) for key, word in ((mosaic.outcomes or {}).get('log') or {}).items()}
    lacking = dict.fromkeys(requested - set(found) - set(own), Outcome.FAILED)
    return found | lacking | {key: merged([found.get(key), told]) if found.get(key) == Outcome.SUCCESSFUL else told
                              for key, told in own.items()}


def _outcome(frame: Any, key: str, requested: bool) -> Told:
    """Return what became of a step on one detector, by what its reduced frame was made with."""
    params, told = frame.process_params, set()
    value = getattr(params, _BY_PARAMETER.get(key, ''), None)
    if value:
        told.add(Outcome.NOT_REQUIRED if key == '_PERSIST' and not _left_by_earlier(frame) else Outcome.SUCCESSFUL)
    for role in _BY_ROLE.get(key, ()):
        told.add(_by_role(frame, role))
    done = told & {Outcome.SUCCESSFUL, Outcome.NOT_REQUIRED}
    if done:
        return max(done)  # 'successful' comes after 'not required'
    if requested:
        return Outcome.FAILED
    return Outcome.NO_DATA if Outcome.NO_DATA in told else Outcome.NOT_SELECTED


def _by_role(frame: Any, path: str) -> Told:
    """Return what the input of a frame tells of a step; `path` leads to it, as weight.cosmic."""
    *way, role = path.split('.')
    product = frame
    for name in way:
        product = getattr(product, name, None)
    link = None if product is None else type(product).inputs().get(role)
    if link is None or product is None:
        return None
    if getattr(product, role):
        return Outcome.SUCCESSFUL
    may_be_made = link.optional and not link.existing and link.of_chips is None
    return Outcome.NO_DATA if may_be_made and not link.switched_off(product.process_params) else None


def _left_by_earlier(frame: Any) -> bool:
    """Return whether an earlier exposure of the detector had full pixels that count."""
    persistency = getattr(frame.weight, 'persistency', None)
    return persistency is not None and bool(persistency.saturated_before)
