"""Work on files outside the archive: from files in a folder to files in a folder, with all lineage in the files.

- `data_ids`: frames named by the keys of their camera, as ``run=4192^6377 filter=r``; `inputs`: the frames in files and homes.
- `config_file`: files of parameters as text; `overrides`: what a user changes; `run_config`: all values of one run.
- `output_folder`: where what is written lies, and what may be overwritten; `written`: the files of one frame.
- `own_home`: an awlike of the run's own, in a folder; `single_frame`: from one file to its catalogue; `run`: many of them.
"""
