"""Cameras: what a camera is, which camera wrote a file, and what a raw file contains. The cameras are in `awlike.instruments`.

- `declaration`: what is said of a camera; `attributes`: single values in its headers; `camera`: the frames in its files;
  `amplifiers`, `windows`: the amplifiers of its detectors, and the parts of them that are read.
- `described`: cameras that users describe in TOML, shown by ``help(awlike.cameras.described)``.
- `known`: all cameras, by name and by header.
- `reading`: a raw file as `raw_facts`; `header_values`: the values in its headers.
"""

from awlike.cameras import described

__all__ = ['described']
