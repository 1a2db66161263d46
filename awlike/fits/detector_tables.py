"""Files with values of the amplifiers of many detectors: crosstalk, gain and read noise, response to a ramp of flats.

awlike writes a binary table with the columns CHIP and AMPLIFIER. It also reads what pODI's pipeline writes: columns OTA, CELLX
and CELLY, and the inverse matrices of the crosstalk as an image XTALK.INV [row, source, target], or OTAnn.XTALK.INV for an OTA.
"""

import datetime
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from awlike.errors import HeaderError

ALL = '*'  # in place of the name of a chip: values that hold for every chip
Rows = dict[str, dict[str, dict[str, Any]]]  # chip -> amplifier -> column -> value

_INVERSE = 'XTALK.INV'


def read_crosstalk(path: Path) -> dict[str, dict[str, dict[str, float]]]:
    """Return by chip the coefficients {amplifier with ghosts: {amplifier that causes them: coefficient}}.

    Raises
    ------
    HeaderError
        When the file has neither a table CROSSTALK nor inverse matrices.
    """
    from astropy.io import fits
    with fits.open(path) as hdus:
        found: dict[str, dict[str, dict[str, float]]] = {}
        for hdu in hdus:
            if hdu.name == 'CROSSTALK':
                for row in hdu.data:
                    table = found.setdefault(str(row['CHIP']), {})
                    table.setdefault(str(row['VICTIM']), {})[str(row['SOURCE'])] = float(row['COEFFICIENT'])
            elif hdu.name.endswith(_INVERSE):
                found[hdu.name.removesuffix(_INVERSE).rstrip('.') or ALL] = _of_inverses(hdu.data)
    if not found:
        raise HeaderError(f'no extension CROSSTALK, nor {_INVERSE}: a file of crosstalk has a table CHIP, VICTIM, SOURCE, '
                          'COEFFICIENT, or the inverse matrices of the rows of cells')
    return found


def read_tech_data(path: Path) -> Rows:
    """Return by chip and amplifier GAIN [electron/adu] and READ_NOISE [electron], which may be NaN.

    Raises
    ------
    HeaderError
        When the file has no table TECHDATA with these columns.
    """
    return _read(path, 'TECHDATA', ('GAIN',), ('READ_NOISE',))


def read_ramp(path: Path) -> Rows:
    """Return by chip and amplifier RELATIVE_GAIN, and perhaps SATLEVEL [adu], GAIN [electron/adu] and `coefficients`.

    The coefficients are c1, c2 ... of true = counts (1 + c1 counts + c2 counts^2 ...), from the columns COEFF_X**2, ....

    Raises
    ------
    HeaderError
        When the file has no table NONLINCORR with RELATIVE_GAIN.
    """
    found = _read(path, 'NONLINCORR', ('RELATIVE_GAIN',), ('SATLEVEL', 'GAIN'), 'COEFF_X**')
    for amplifiers in found.values():
        for values in amplifiers.values():
            powers = sorted((int(name.removeprefix('COEFF_X**')), name) for name in values if name.startswith('COEFF_X**'))
            terms = [float(values.pop(name)) for _, name in powers]
            values['coefficients'] = terms if np.isfinite(terms).all() else []
    return found


def date_of(path: Path) -> datetime.datetime | None:
    """Return the DATE-OBS of the primary header; None where it has none."""
    from astropy.io import fits
    text = fits.getheader(path).get('DATE-OBS')
    try:
        return None if text is None else datetime.datetime.fromisoformat(str(text))
    except ValueError:
        raise HeaderError(f'DATE-OBS = {text!r} of the primary header is no date: write it as 2013-01-01T00:00:00') from None


def write_crosstalk(path: Path, chips: Mapping[str, Mapping[str, Mapping[str, float]]], date: datetime.datetime) -> Path:
    """Write coefficients as `read_crosstalk` reads them, as of `date`."""
    rows = [{'CHIP': chip, 'VICTIM': victim, 'SOURCE': source, 'COEFFICIENT': value}
            for chip, table in sorted(chips.items()) for victim, its in table.items() for source, value in its.items()]
    return _write(path, 'CROSSTALK', rows, date)


def write_tech_data(path: Path, chips: Mapping[str, Mapping[str, tuple[float, float]]], date: datetime.datetime) -> Path:
    """Write gain and read noise of each amplifier, (GAIN, READ_NOISE), as `read_tech_data` reads them, as of `date`."""
    rows = [{'CHIP': chip, 'AMPLIFIER': name, 'GAIN': gain, 'READ_NOISE': noise}
            for chip, its in sorted(chips.items()) for name, (gain, noise) in its.items()]
    return _write(path, 'TECHDATA', rows, date)


def write_ramp(path: Path, chips: Mapping[str, Mapping[str, Mapping[str, Any]]], date: datetime.datetime) -> Path:
    """Write the response of each amplifier, `GainLinearity.amplifiers` by chip, as `read_ramp` reads it, as of `date`."""
    number = max((len(one['coefficients']) for its in chips.values() for one in its.values()), default=0)
    rows = []
    for chip, its in sorted(chips.items()):
        for name, one in its.items():
            terms = [*one['coefficients'], *[np.nan] * number][:number]
            rows.append({'CHIP': chip, 'AMPLIFIER': name, **{f'COEFF_X**{power}': term for power, term in enumerate(terms, 2)},
                         'RELATIVE_GAIN': one.get('relative_gain'), 'SATLEVEL': one.get('saturation'), 'GAIN': one.get('gain')})
    return _write(path, 'NONLINCORR', rows, date)


def _read(path: Path, name: str, needed: tuple[str, ...], more: tuple[str, ...], prefix: str | None = None) -> Rows:
    """Return the rows of the table `name` by chip and amplifier, with the columns `needed`, `more` and those with `prefix`."""
    from astropy.io import fits
    with fits.open(path) as hdus:
        table = next((hdu.data for hdu in hdus if hdu.name == name), None)
        there = () if table is None else table.names
        lacking = [column for column in needed if column not in there]
        places = ('CHIP', 'AMPLIFIER') if 'CHIP' in there else ('OTA', 'CELLX', 'CELLY')
        lacking += [column for column in places if column not in there]
        if table is None or lacking:
            raise HeaderError(f'no table {name} with the column {lacking[0]}: such a file has a table {name} with CHIP and '
                              f'AMPLIFIER (or OTA, CELLX and CELLY) and {", ".join(needed)}')
        columns = [one for one in there if one in (*needed, *more) or (prefix is not None and one.startswith(prefix))]
        found: Rows = {}
        for chip, amplifier, row in _places(table, places):
            found.setdefault(chip, {})[amplifier] = {column: float(row[column]) for column in columns}
    return found


def _places(table: Any, columns: tuple[str, ...]) -> Iterator[tuple[str, str, Any]]:
    """Yield chip, amplifier and row of each row of a table."""
    for row in table:
        if columns[0] == 'CHIP':
            yield str(row['CHIP']), str(row['AMPLIFIER']), row
        else:
            yield f'OTA{int(row["OTA"]):02}', f'xy{int(row["CELLX"])}{int(row["CELLY"])}', row


def _of_inverses(inverses: np.ndarray) -> dict[str, dict[str, float]]:
    """Return the coefficients of rows of cells from the inverses of their matrices, [row, source, target]."""
    found: dict[str, dict[str, float]] = {}
    for row, inverse in enumerate(np.asarray(inverses, float)):
        matrix = np.linalg.inv(inverse)
        for victim in range(len(matrix)):
            found[f'xy{victim}{row}'] = {f'xy{source}{row}': float(matrix[source, victim] / matrix[source, source])
                                         for source in range(len(matrix)) if source != victim}
    return found


def _write(path: Path, name: str, rows: list[dict[str, Any]], date: datetime.datetime) -> Path:
    from astropy.io import fits
    from astropy.table import Table
    columns = {column: [np.nan if row[column] is None else row[column] for row in rows] for column in (rows or [{}])[0]}
    primary = fits.PrimaryHDU()
    primary.header['DATE-OBS'] = date.isoformat(), 'from then on the values hold'
    fits.HDUList([primary, fits.BinTableHDU(Table(columns), name=name)]).writeto(path, checksum=True, overwrite=True)
    return path
