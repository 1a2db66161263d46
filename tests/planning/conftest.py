"""What tests of planning share: the reduced night."""

from tests.tasks.conftest import reduced, reduced_home  # noqa: F401
