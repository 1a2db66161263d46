"""What tests of tracing share: the reduced night of the tests of tasks."""

from tests.tasks.conftest import reduced, reduced_home  # noqa: F401
