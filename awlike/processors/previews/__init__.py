"""Small pictures of files.

- `scaling`: a large image, read strip by strip, as a small one; `encoding`: arrays as JPEG, PNG or WebP.
- `places`: where the preview of a file lies; `maker`: `PreviewMaker`; `spectra`: `SpectralPreviewMaker`.
- `frames`: previews of frames of the archive.
"""
