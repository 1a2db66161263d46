"""The DPU: tasks that run elsewhere, on a Dask cluster. At the prompt it has this very name, `dpu`; `lpu` is here and now.

Dask is loaded when a job is submitted.
"""

from awlike.dpu.status import Job, Jobs
from awlike.dpu.submit import DPU, LPU

__all__ = ['DPU', 'LPU', 'Job', 'Jobs', 'dpu', 'lpu']

dpu, lpu = DPU(), LPU()
