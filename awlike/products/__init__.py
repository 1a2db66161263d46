"""Products: what a product is, whatever its kind: inputs, parameters, quality, making, file, and a digest of its code."""
