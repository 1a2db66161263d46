"""``python -m tests.bench``: all benchmarks, in a temporary folder."""

import os
import tempfile


def main():
    with tempfile.TemporaryDirectory() as folder:
        os.environ['AWLIKE_HOME'] = folder
        from tests.bench import archive, lazy, pixels, queries
        from tests.bench.timing import show
        show('Pixels', pixels.rows())
        archive.fill()
        show('Lazy processing', lazy.rows())
        show('Queries, lineage and insertion', queries.rows())


main()
