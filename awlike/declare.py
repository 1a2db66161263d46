"""The one import of authors of frames, recipes and cameras.

A file of a kind of frame, a recipe or a camera imports from here, from other kinds, and functions on pixels::

    from awlike.declare import CalibrationFrame, Input, ProcessParameters, attribute, parameter
    from awlike.frames.bias import BiasFrame
    from awlike.pixels.hot_pixels import hot_pixels

Kinds of frame derive from one of these:

- `ProcessTarget`: what is made from other objects;
- `CalibrationFrame`: the same, and it serves for frames observed in an interval of time;
- `PixelMap`: beside one of these two, a map of pixels, 1 good and 0 bad; `Catalogue`: likewise, what contains tables;
- `SkyRow`: a row of a table of such, in the database;
- `RawFrame`: one detector's image as it came from the telescope;
- `Frame`: any of these.

Kinds of frame declare:

- `Input`: what an object is made from, its lineage, as a frame or a `ReferenceCatalogue`; `Reference`: a link that is no
  lineage, as to a `Filter`;
- `attribute`: a value that is kept in the database; `DataId`: the keys by which an archive names a frame;
- `Plane`, `ContentTable`: a further image, and a table, in the file of a product; `column`: a column of a table;
  `DetectorImages`: the images of many detectors;
- `ProcessParameters`: the base of the class `Parameters` in each kind; in its place `FromRawPixels` for what is made from
  pixels of raw frames, `FromLight` for what may be in electrons, `FromExposure` for what may have ghosts of other chips,
  `FromRawFrames` for calibrations that choose their raw frames, `FromMembers` for what is made from the members of a set;
- `parameter`: a process parameter; `switch`: one that switches inputs off; `choosing`: one that only chooses inputs;
  `reach`: how many nights away a calibration of a level may be; `limit`: a limit of quality; `size_of`, `change_of`:
  the measures of a limit on a size, and on a change.

Functions `make(inputs, params)` use:

- `Inputs`: the type of `inputs`; `data_of`: the image of an optional input; `usable_pixels`: what is good by all of several
  maps;
- `counts`, `light`, `exposed`, `flat_fielded`: raw frames without the marks of the read-out, the bias, of other chips, of the
  flat; `made_linear`, `in_electrons`: the steps of these by themselves; `response`: what counts are divided by to get light;
  `light_of_stars`: what flat-fielded light is divided by, so that a star is as bright wherever it falls;
- `gain_of`, `is_absolute`: the gain of such images, and whether they are in electrons;
- `measurable`: a science frame, its sky subtracted, as sources are measured on it; `usable`: its good pixels;
  `without_nan`: results with None in place of NaN;
- `positions`: from pixels of several raw frames to a common plane;
- `ProcessingError`: raised when a product cannot be made from its inputs; `NotFound`: raised where there is none;
  `ParameterError`: raised for an argument or a process parameter that cannot be right;
- `MEMBER_COLUMNS`: the columns by which tables of an ensemble name a member.

Methods `remarks`, what a person must know of a product, use:

- `declared`, `disagreements`: gain and read noise as the camera declares them, beside those that were measured.

Methods `panels`, the plots beside the image in `inspect`, use:

- `Panel`: the type of a plot; `panels`, `source_panels`: plots that are ready to use; `against_time`: a value among those of
  all its kind; `counted`: a number with its noun, as 1 track or 2 tracks;
- `Outlines`: sources to outline in the image, as the method `outlines` returns them.

Rows of catalogues use:

- `light_curve`: the `LightCurve` of rows of one place on many frames.

Recipes use:

- `Task`: the base of all recipes; `GriddedTask`: the base of those whose products lie on grids of the sky;
- `Request`: the type of what `requests` returns, which `of_frame` and `of_set` return for one frame and for several together;
- `camera`: a camera by name; `places_text`: places on the sky as a process parameter keeps them.

Cameras use:

- `Camera`: what is declared of a camera; `FilterFacts`: what is known of a filter; `Section`: a part of a detector;
- `DataKey`: a key of its data ids; `ImportedFacts`: what is known of a science frame that was reduced elsewhere;
- `first`, `number`: values of header cards; `HeaderError`: raised for a header that cannot be right;
- `Cards`, `Shape`, `Entries`, `Keys`, `RawFacts`: the types of a header, of the shape of an image, of what describes an
  amplifier, of a data id, and of what a header
  tells.
"""

from awlike.cameras.amplifiers import Entries, Shape
from awlike.cameras.camera import Camera
from awlike.cameras.data_ids import DataKey, Keys
from awlike.cameras.header_values import Cards, first, number
from awlike.cameras.imported_facts import ImportedFacts
from awlike.cameras.known import camera
from awlike.cameras.raw_facts import FilterFacts, RawFacts
from awlike.errors import HeaderError, NotFound, ParameterError, ProcessingError
from awlike.persist.dbobject import Input, Reference, attribute
from awlike.persist.references import Filter
from awlike.persist.sky_rows import SkyRow
from awlike.pixels.geometry import Section
from awlike.planning.request import Request, of_frame, of_set
from awlike.products.astrometry import positions
from awlike.products.calibration import CalibrationFrame
from awlike.products.content import ContentTable, Plane
from awlike.products.data_id import DataId
from awlike.products.declared import declared, disagreements
from awlike.products.detector_images import DetectorImages
from awlike.products.electrons import gain_of, is_absolute
from awlike.products.ensembles import MEMBER_COLUMNS
from awlike.products.frame import Frame, Panel
from awlike.products.inputs import Inputs, data_of, usable_pixels
from awlike.products.inspect import against_time
from awlike.products.light_curve import LightCurve, light_curve
from awlike.products.measurable import measurable, usable, without_nan
from awlike.products.parameters import (
    FromExposure,
    FromLight,
    FromMembers,
    FromRawFrames,
    FromRawPixels,
    ProcessParameters,
    choosing,
    limit,
    parameter,
    reach,
    switch,
)
from awlike.products.pixel_map import PixelMap
from awlike.products.product import ProcessTarget
from awlike.products.quality import change_of, size_of
from awlike.products.raw import RawFrame
from awlike.products.reference_catalogue import ReferenceCatalogue
from awlike.products.signal import counts, exposed, flat_fielded, in_electrons, light, light_of_stars, made_linear, response
from awlike.products.table_export import Catalogue
from awlike.sky.places import places_text
from awlike.spelling import counted
from awlike.tables.columns import column
from awlike.tasks.gridded import GriddedTask
from awlike.tasks.task import Task
from awlike.views.image import panels, source_panels
from awlike.views.image.outlines import Outlines

__all__ = [
    'CalibrationFrame', 'Camera', 'Cards', 'Catalogue', 'ContentTable', 'DataId', 'DataKey', 'DetectorImages', 'Entries',
    'Filter', 'FilterFacts', 'Frame', 'FromExposure', 'FromLight', 'FromMembers', 'FromRawFrames', 'FromRawPixels',
    'GriddedTask', 'HeaderError', 'ImportedFacts', 'Input', 'Inputs', 'Keys', 'LightCurve', 'MEMBER_COLUMNS', 'NotFound',
    'Outlines', 'Panel', 'ParameterError', 'PixelMap', 'Plane', 'ProcessParameters', 'ProcessTarget', 'ProcessingError',
    'RawFacts', 'RawFrame', 'Reference', 'ReferenceCatalogue', 'Request', 'Section', 'Shape', 'SkyRow', 'Task',
    'against_time', 'attribute', 'camera', 'change_of', 'choosing', 'column', 'counted', 'counts', 'data_of', 'declared',
    'disagreements', 'exposed', 'first', 'flat_fielded', 'gain_of', 'in_electrons', 'is_absolute', 'light', 'light_curve',
    'light_of_stars', 'limit', 'made_linear', 'measurable', 'number', 'of_frame', 'of_set', 'panels', 'parameter',
    'places_text', 'positions', 'reach', 'response', 'size_of', 'source_panels', 'switch', 'usable', 'usable_pixels',
    'without_nan',
]
