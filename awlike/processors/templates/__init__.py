"""Templates of headers: which cards a header has, in which order and with which comments.

- `template`: what a template is, and the register of their names; `building`: headers by a template.
- `image`: the cards of any image; `wfpdb`: scanned photographic plates, in the names of the Wide-Field Plate Database.
- `applause`: the same in the names of the APPLAUSE archive of plates.
"""
