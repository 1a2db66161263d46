"""Pure functions on positions on the sky."""
