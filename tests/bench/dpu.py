"""Jobs: how much quicker two workers are than one process, and what it costs to send a step to a worker."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from awlike.simulate import simulate

SMALL, REALISTIC = (3, (512, 256)), (2, (2048, 2048))  # chips, and pixels of each
START = '''
import json, sys, time
from awlike import *
context.create_project('BENCH')
context.set_project('BENCH')
ingest(sys.argv[1], how='refer')
'''
HERE = START + '''
began = time.perf_counter()
task = ReduceTask(instrument='OMEGACAM', commit=True)
task.execute()
print(json.dumps([time.perf_counter() - began, len(task.made), len(task.products)]))
'''
THERE = START + '''
for chip in sorted({raw.chip.name for raw in RawBiasFrame.select_all()})[:2]:  # both workers start
    dpu.run('Bias', instrument='OMEGACAM', chip=chip)
assert all(dpu.wait(number).status == 'done' for number in dpu.get_jobids())
began = time.perf_counter()
number = dpu.run('Reduce', instrument='OMEGACAM', commit=True)
submitted = time.perf_counter() - began
job = dpu.wait(number)
print(json.dumps([time.perf_counter() - began, job.done, len(dpu.get_result(number)), submitted]))
'''


def rows():
    """The rows of the table."""
    with tempfile.TemporaryDirectory() as folder:
        for name, (chips, shape) in {'small': SMALL, 'realistic': REALISTIC}.items():
            simulate(Path(folder) / name, chips=chips, shape=shape)
        one, steps, targets = _timed(folder, 'realistic', HERE)
        two, done, found, submitted = _timed(folder, 'realistic', THERE, AWLIKE_DPU_WORKERS='2')
        alone, few, _ = _timed(folder, 'small', HERE)
        single, *_ = _timed(folder, 'small', THERE, AWLIKE_DPU_WORKERS='1')
    assert (done, found) == (steps, targets), (steps, done)
    size = ' x '.join(map(str, REALISTIC[1]))
    yield (f'{targets} targets of {size}, {steps} steps: a job on 2 workers of a core each, and the task on one',
           f'{two:.1f} s', f'{one:.1f} s', f'quicker: {one / two:.2f}x', two < one)
    yield (f'what a step costs beside its making: a job on 1 worker, and the task; {few} small steps', f'{single:.1f} s',
           f'{alone:.1f} s', f'{(single - alone) / few * 1000:.0f} ms a step <= 100 ms', single - alone <= 0.1 * few)
    yield 'dpu.run, until it gives the number of the job', f'{submitted * 1000:.0f} ms', '', '<= 200 ms', submitted <= 0.2


def _timed(folder, name, code, **more):
    home = Path(tempfile.mkdtemp(dir=folder))
    environment = os.environ | {'AWLIKE_HOME': str(home), 'OMP_NUM_THREADS': '1', 'NUMBA_NUM_THREADS': '1'} | more
    out = subprocess.run([sys.executable, '-c', code, str(Path(folder) / name)], check=True, capture_output=True, text=True,
                         env=environment).stdout
    return json.loads(out.splitlines()[-1])
