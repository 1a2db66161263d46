"""What all maps of pixels have in common."""

from awlike.views.image import panels


class PixelMap:
    """A map of pixels: 1 good, 0 bad. Derive a kind of map from it and from the kind of product that it is."""

    def panels(self):
        return [panels.bad_pixels(self.data), panels.groups(self.data, 'groups of bad pixels')]
