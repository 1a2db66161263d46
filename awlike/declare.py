"""What authors of frames, recipes and cameras need: one import for each of their files."""
