"""``python -m tests.bench [SECTION ...]``: all benchmarks, or some sections of them, in a temporary folder."""

import itertools
import os
import sys
import tempfile


def main(*names):
    with tempfile.TemporaryDirectory() as folder:
        os.environ['AWLIKE_HOME'] = folder
        from tests.bench import (
            archive,
            associate,
            astrometry,
            cones,
            dpu,
            ensemble,
            headers,
            lazy,
            night,
            pixels,
            quality,
            queries,
            satellite,
            scale,
            sources,
            stacks,
            start,
            store,
            zero_points,
        )
        from tests.bench.timing import show
        filled = []

        def in_archive(rows):
            if not filled:
                filled.append(archive.fill())
            yield from rows()

        sections = {
            'pixels': ('Pixels', lambda: itertools.chain(pixels.rows(), satellite.rows())),
            'astrometry': ('Astrometry', astrometry.rows),
            'ensemble': ('Many frames as one', ensemble.rows),
            'associate': ('Association of source lists', associate.rows),
            'sources': ('Sources of a frame', sources.rows),
            'quality': ('Quality reports of full frames', quality.rows),
            'zero_points': ('Zero points of simulated nights', zero_points.rows),
            'stack': ('Stacks of full frames', stacks.rows),
            'night': ('From raw files to reduced frames', night.rows),
            'dpu': ('Jobs', dpu.rows),
            'lazy': ('Lazy processing', lambda: in_archive(lazy.rows)),
            'store': ('The data server', store.rows),
            'headers': ('Headers of files of 16 MB, changed', headers.rows),
            'start': ('Starting', start.rows),
            'queries': ('Queries, lineage and insertion', lambda: in_archive(queries.rows)),
            'cones': ('Cones among sources', cones.rows),
            'scale': ('A survey of 1,000,000 raw frames on PostgreSQL', scale.rows),
        }
        if unknown := set(names) - set(sections):
            sys.exit(f'no section {", ".join(sorted(unknown))}: there are {", ".join(sections)}')
        for name in names or sections:
            title, rows = sections[name]
            show(title, rows())


main(*sys.argv[1:])
