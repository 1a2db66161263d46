"""``python -m tests.bench``: all benchmarks, in a temporary folder."""

import os
import tempfile


def main():
    with tempfile.TemporaryDirectory() as folder:
        os.environ['AWLIKE_HOME'] = folder
        from tests.bench import archive, lazy, queries, satellite
        from tests.bench.timing import show
        archive.fill()
        show('Lazy processing', lazy.rows())
        show('Pixels', satellite.rows())
        show('Queries, lineage and insertion', queries.rows())


main()
