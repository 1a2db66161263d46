"""The DPU: run tasks as jobs on a Dask cluster. The prompt calls it `dpu`; `lpu` runs the same tasks in this process.

Dask is loaded when a job is submitted.
"""

from awlike.dpu.in_process import LPU
from awlike.dpu.status import Job, Jobs
from awlike.dpu.submit import DPU

__all__ = ['DPU', 'LPU', 'Job', 'Jobs', 'dpu', 'lpu']

dpu, lpu = DPU(), LPU()
