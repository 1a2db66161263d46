"""``python -m tests.bench``: all benchmarks, in a temporary folder."""

import itertools
import os
import tempfile


def main():
    with tempfile.TemporaryDirectory() as folder:
        os.environ['AWLIKE_HOME'] = folder
        from tests.bench import archive, lazy, pixels, queries, satellite
        from tests.bench.timing import show
        show('Pixels', itertools.chain(pixels.rows(), satellite.rows()))
        archive.fill()
        show('Lazy processing', lazy.rows())
        show('Queries, lineage and insertion', queries.rows())


main()
