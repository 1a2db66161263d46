"""What tests of planning share: the reduced night, and frames that were reduced elsewhere."""

from tests.ingest.conftest import corrected  # noqa: F401
from tests.tasks.conftest import reduced, reduced_home  # noqa: F401
