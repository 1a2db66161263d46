"""Primary headers and their cards as values.

- `header`: a header that refuses text which FITS cannot hold; `text`: such text, transliterated.
- `reading`: the header of a file; `serialising`: a header as bytes; `order`: the order of cards; `history`: dated entries.
- `structure`: the cards that describe the data; `difference`: what differs between two headers.
- `values`: epochs and angles as headers have them; `copying`: cards from elsewhere.
"""
