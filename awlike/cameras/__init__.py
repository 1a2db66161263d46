"""Cameras: what a camera is, which camera wrote a file, and what a raw file contains. The cameras are in `awlike.instruments`.

- `camera`: the declaration of a camera; `amplifiers`: the amplifiers of its detectors.
- `described`: cameras that users describe in TOML, shown by ``help(awlike.cameras.described)``.
- `known`: all cameras, by name and by header.
- `reading`: a raw file as `raw_facts`; `header_values`: the values in its headers.
"""

from awlike.cameras import described

__all__ = ['described']
