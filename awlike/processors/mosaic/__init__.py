"""Exposures of mosaic cameras as files: `awe collectcells` and `awe makecalibrations`, as WIYN's pODI QuickReduce has them.

- `options`: every option, declared once for command and Python; `values`: what the words behind options mean.
- `exposure`: the files of one exposure, and which detectors count; `resolution`: a file or a folder with default names.
- `output_name`: the name of the output; `extra_cards`: header entries of the user; `undefined`: values in place of NaN.
- `masters`: calibration files come in as imported masters; `parameters`: from options to process parameters.
- `run`: one exposure to one file, in a home of its own; `time_limit`: the same in a process that may be ended.
- `make_calibrations`: the files for which `resolution` looks.
"""
