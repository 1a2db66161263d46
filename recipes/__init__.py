"""Recipes: one file a pipeline step."""

if __name__ != 'awlike.recipes':
    raise ImportError(f'the recipes are the package awlike.recipes; imported as {__name__!r} their classes would exist twice')
