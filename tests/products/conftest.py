"""What tests of products share with those of kinds of frames."""

from tests.frames.conftest import chain, detector  # noqa: F401
