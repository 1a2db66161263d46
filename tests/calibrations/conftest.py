"""What tests of calibrations share: the reduced night."""

from tests.tasks.conftest import reduced, reduced_home  # noqa: F401
