from tests.cli.conftest import awe  # noqa: F401 -- a fixture
