"""The page of a quality report: HTML without scripts and without styles of elements, every text escaped.

`body` is a part of a page, as of the web, which takes the style `STYLE` by a link; `whole_page` stands alone.
"""

import dataclasses
import html
from collections.abc import Iterable, Sequence

import numpy as np

from awlike.characters import readable
from awlike.views.quality_rows import Row, Verdict

_WIDTH, _HEIGHT = 150, 34  # of a sparkline
_MARKS = {'good': '✓', 'missed': '✗', 'unknown': '?', '': '·'}
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
_SAID = {'good': 'within its limit', 'missed': 'misses its limit', 'unknown': 'not measured', '': 'no limit'}

STYLE = """
.quality { --q-card: #ffffff; --q-ink: #1c242c; --q-dim: #5b6772; --q-line: #d8dee4; --q-good: #1d6b35; --q-warn: #8a5a00;
  --q-bad: #b3202a; --q-soft: #eef1f4; --q-blue: #1f5f8b; color: var(--q-ink); }
@media (prefers-color-scheme: dark) { .quality { --q-card: #1a2128; --q-ink: #dde4ea; --q-dim: #98a6b3; --q-line: #313c46;
  --q-good: #6fcf8d; --q-warn: #e5b454; --q-bad: #ff8b8b; --q-soft: #222b33; --q-blue: #7dbdf0; } }
.quality h2 { font-size: 15px; font-weight: 600; margin: 18px 0 8px; }
.quality .q-verdict { background: var(--q-card); border: 1px solid var(--q-line); border-left: 8px solid var(--q-good);
  border-radius: 8px; padding: 12px 18px; margin: 8px 0 14px; }
.quality .q-verdict.q-look { border-left-color: var(--q-bad); }
.quality .q-verdict p { margin: 0; font-size: 24px; font-weight: 600; color: var(--q-good); }
.quality .q-verdict.q-look p { color: var(--q-bad); }
.quality .q-verdict ul { margin: 8px 0 0; padding-left: 20px; }
.quality .q-verdict small { display: block; margin-top: 6px; color: var(--q-dim); font-size: 12px; }
.quality .q-tiles { display: grid; grid-template-columns: repeat(auto-fill, minmax(165px, 1fr)); gap: 10px; list-style: none;
  margin: 0; padding: 0; }
.quality .q-tiles li { background: var(--q-card); border: 1px solid var(--q-line); border-top: 3px solid var(--q-line);
  border-radius: 8px; padding: 8px 10px; min-width: 0; }
.quality .q-tiles li.q-good { border-top-color: var(--q-good); }
.quality .q-tiles li.q-missed { border-top-color: var(--q-bad); }
.quality .q-tiles li.q-unknown { border-top-style: dashed; }
.quality .q-name { display: flex; justify-content: space-between; font-size: 12px; color: var(--q-dim); }
.quality .q-good .q-mark { color: var(--q-good); }
.quality .q-missed .q-mark, .quality .q-missed .q-value { color: var(--q-bad); }
.quality .q-value { font-size: 21px; font-variant-numeric: tabular-nums; }
.quality .q-value span { font-size: 12px; color: var(--q-dim); }
.quality .q-limit, .quality .q-why { font-size: 12px; color: var(--q-dim); overflow-wrap: anywhere; }
.quality .q-unusual { font-size: 12px; color: var(--q-warn); font-weight: 600; }
.quality svg.spark { display: block; width: 100%; height: 34px; margin-top: 4px; }
.quality .spark polyline { fill: none; stroke: var(--q-dim); stroke-width: 1; }
.quality .spark .band { fill: var(--q-soft); }
.quality .spark .limit { stroke: var(--q-bad); stroke-width: 1; stroke-dasharray: 3 3; }
.quality .spark circle { fill: var(--q-dim); } .quality .spark circle.now { fill: var(--q-blue); }
.quality .q-pictures { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 380px), 1fr)); gap: 10px; }
.quality .q-pictures.web { grid-template-columns: minmax(0, 1fr) minmax(0, 2fr); align-items: start; }
.quality .q-pictures img { width: 100%; height: auto; border: 1px solid var(--q-line); border-radius: 8px; background: #fff;
  display: block; }
.quality .q-pictures:not(.web) img { aspect-ratio: 4.6 / 3.1; object-fit: contain; }
.quality .q-pictures:not(.web) img.q-image { background: #000; }
.quality .q-scroll { overflow-x: auto; }
.quality table { border-collapse: collapse; width: 100%; font-size: 13px; background: var(--q-card); }
.quality th, .quality td { text-align: left; padding: 4px 10px 4px 6px; border-bottom: 1px solid var(--q-line);
  vertical-align: top; }
.quality th { font-weight: 400; color: var(--q-dim); } .quality thead th { font-weight: 600; font-size: 12px; }
.quality td.q-text { overflow-wrap: anywhere; white-space: pre-line; } .quality tr.q-missed td { color: var(--q-bad); }
.quality td.q-number { white-space: nowrap; font-variant-numeric: tabular-nums; }
@media (max-width: 640px) { .quality .q-verdict p { font-size: 20px; } .quality .q-tiles { grid-template-columns: 1fr 1fr; }
  .quality .q-pictures.web { grid-template-columns: minmax(0, 1fr); } }
"""

_ALONE = """
:root { color-scheme: light dark; }
body { margin: 0 auto; padding: 14px 18px 40px; max-width: 1400px; background: #f6f7f8; color: #1c242c;
  font: 14px/1.45 system-ui, "Segoe UI", "DejaVu Sans", sans-serif; }
h1 { font-size: 16px; font-weight: 600; overflow-wrap: anywhere; margin: 6px 0; }
@media (prefers-color-scheme: dark) { body { background: #12171c; color: #dde4ea; } }
@media (max-width: 640px) { body { padding: 10px 10px 30px; } }
@media print { body { background: #fff; color: #000; } }
"""


@dataclasses.dataclass(frozen=True)
class Picture:
    """A picture of a page.

    Attributes
    ----------
    source, about, narrow : str
        Where it comes from, what it shows, and where the one for narrow pages comes from; empty: the same.
    is_image : bool
        Whether it is an image of the sky; else a plot.
    """

    source: str
    about: str
    narrow: str = ''
    is_image: bool = False


def whole_page(title: str, content: str) -> str:
    """Return `content`, made by `body`, as a page that needs nothing else."""
    return ('<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
            f'<title>{_text(title)}</title><style>{_ALONE}{STYLE}</style></head>'
            f'<body><h1>{_text(title)}</h1>{content}</body></html>\n')


def body(verdict: Verdict, rows: Sequence[Row], principal: Sequence[str], pictures: Sequence[Picture],
         about: Iterable[tuple[str, str]]) -> str:
    """Return the page without its head, as one element.

    Parameters
    ----------
    verdict : Verdict
        What it begins with.
    rows : sequence of Row
        The values; those that are `principal` are shown large.
    pictures : sequence of Picture
        The pictures.
    about : iterable of (str, str)
        What is told of the frame, names and texts.
    """
    large = ''.join(_tile(row) for row in rows if row.name in principal)
    return (f'<article class="quality">{_verdict(verdict, rows)}<ul class="q-tiles">{large}</ul>{_pictures(pictures)}'
            f'{_details(rows)}{_about(about)}</article>')


def _verdict(verdict: Verdict, rows: Sequence[Row]) -> str:
    told = ''.join(f'<li>{_text(one)}</li>' for one in verdict.details)
    limited = [row for row in rows if row.limit is not None]
    good, measured = (sum(row.state in states for row in limited) for states in (('good',), ('good', 'missed')))
    number = max((len(row.earlier.values) for row in rows), default=0)
    compared = f'compared with {number} earlier frames of this chip and filter' if number else \
        'no earlier frame of this chip and filter to compare with'
    return (f'<section class="q-verdict{"" if verdict.is_good else " q-look"}"><p>{_text(verdict.headline)}</p>'
            f'{f"<ul>{told}</ul>" if told else ""}<small>{good} of {measured} values within their limits; {compared}. '
            'A report decides nothing: people grade frames.</small></section>')


def _tile(row: Row) -> str:
    state = row.state
    why = f'<div class="q-why">{_text(row.reason)}</div>' if row.value is None else ''
    unusual = f'<div class="q-unusual">{_text(row.earlier.words)}</div>' if row.earlier.words else ''
    unit = f' <span>{_text(row.unit_text)}</span>' if row.unit and row.value is not None else ''
    return (f'<li class="q-{state}" title="{_text(row.about)}"><div class="q-name"><span>{_text(row.label)}</span>'
            f'<span class="q-mark" title="{_SAID[state]}">{_MARKS[state]}</span></div>'
            f'<div class="q-value">{_text(row.text)}{unit}</div><div class="q-limit">{_text(row.limit_text)}</div>'
            f'{why}{unusual}{sparkline(row) if row.value is not None else ""}</li>')


def sparkline(row: Row) -> str:
    """Return an SVG of earlier values and the value of `row`, with the usual range, and the limit where it is near."""
    assert row.value is not None
    values = [*row.earlier.values, float(row.value)]
    if len(values) < 2:
        return f'<svg class="spark" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="no earlier values"></svg>'
    low, high = min(values), max(values)
    reach = (high - low) or abs(high) or 1.0
    if row.limit is not None and low - 2 * reach < row.limit < high + 2 * reach:
        low, high = min(low, row.limit), max(high, row.limit)
    margin = 0.08 * ((high - low) or reach)
    low, high = low - margin, high + margin

    def height(value: float) -> float:
        return _HEIGHT - 3 - (_HEIGHT - 6) * (min(max(value, low), high) - low) / (high - low)
    x = np.linspace(4, _WIDTH - 5, len(values))
    middle, scatter = row.earlier.median, row.earlier.scatter
    top, bottom = height(middle + scatter), height(middle - scatter)
    band = f'<rect class="band" x="0" y="{top:.1f}" width="{_WIDTH}" height="{max(bottom - top, 1):.1f}"/>'
    line = '' if row.limit is None or not low < row.limit < high else \
        f'<line class="limit" x1="0" x2="{_WIDTH}" y1="{height(row.limit):.1f}" y2="{height(row.limit):.1f}"/>'
    points = ' '.join(f'{place:.1f},{height(value):.1f}' for place, value in zip(x, values, strict=True))
    now = f'<circle class="now" cx="{x[-1]:.1f}" cy="{height(values[-1]):.1f}" r="3.2"/>'
    return (f'<svg class="spark" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" '
            f'aria-label="{_text(row.label)} in {len(values)} frames">{band}{line}<polyline points="{points}"/>{now}</svg>')


def _pictures(pictures: Sequence[Picture]) -> str:
    if not pictures:
        return ''
    kind = ' web' if any(one.narrow for one in pictures) else ''
    return f'<h2>Pictures</h2><div class="q-pictures{kind}">{"".join(map(_picture, pictures))}</div>'


def _picture(picture: Picture) -> str:
    kind = ' class="q-image"' if picture.is_image else ''
    image = f'<img{kind} src="{_text(picture.source)}" alt="{_text(picture.about)}" loading="lazy">'
    if not picture.narrow:
        return image
    return f'<picture><source media="(max-width: 640px)" srcset="{_text(picture.narrow)}">{image}</picture>'


def _details(rows: Sequence[Row]) -> str:
    told = ''.join(_detail(row) for row in rows)
    return ('<h2>All values</h2><div class="q-scroll"><table><thead><tr><th scope="col">name</th><th scope="col">value</th>'
            '<th scope="col">limit</th><th scope="col">earlier frames</th><th scope="col">what it is</th></tr></thead>'
            f'<tbody>{told}</tbody></table></div>')


def _detail(row: Row) -> str:
    value = row.reason if row.value is None else f'{row.text} {row.unit_text}'
    number = 'q-text' if row.value is None else 'q-number'
    earlier = '; '.join(filter(None, (row.earlier.text, row.earlier.words)))
    return (f'<tr class="q-{row.state}"><th scope="row">{_text(row.label)}</th><td class="{number}">{_text(value)}</td>'
            f'<td>{_text(row.limit_text)}</td><td>{_text(earlier)}</td><td class="q-text">{_text(row.about)}</td></tr>')


def _about(about: Iterable[tuple[str, str]]) -> str:
    rows = ''.join(f'<tr><th scope="row">{_text(name)}</th><td class="q-text">{_text(text)}</td></tr>' for name, text in about)
    return f'<h2>The frame</h2><div class="q-scroll"><table><tbody>{rows}</tbody></table></div>'


def _text(text: object) -> str:
    return html.escape(readable(str(text)))
