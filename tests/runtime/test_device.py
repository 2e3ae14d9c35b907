"""GPUs of one machine are shared, one for each job."""

import os
import subprocess
import sys

TAKE = """
import os, sys, time
from ldcore.runtime.device import take_gpu
print(take_gpu(int(sys.argv[1]), sys.argv[2]), os.environ.get("CUDA_VISIBLE_DEVICES"), flush=True)
time.sleep(float(sys.argv[3]))
"""


def taker(folder, count=2, seconds=60.0, **environment):
    inherited = {key: value for key, value in os.environ.items() if key != "CUDA_VISIBLE_DEVICES"}
    return subprocess.Popen(
        [sys.executable, "-c", TAKE, str(count), folder, str(seconds)],
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**inherited, **environment},
    )


def test_jobs_of_one_machine_take_a_gpu_each(tmp_path):
    jobs = [taker(tmp_path), taker(tmp_path)]
    assert sorted(job.stdout.readline() for job in jobs) == ["0 0\n", "1 1\n"]
    third = taker(tmp_path)
    assert "All 2 GPUs are taken" in third.communicate(timeout=20)[1]
    jobs[0].kill()
    jobs[0].wait()
    again = taker(tmp_path, seconds=0)
    assert again.communicate(timeout=20)[0].split()[0] in ("0", "1")
    jobs[1].kill()


def test_nothing_is_taken_where_a_scheduler_gave_a_gpu(tmp_path):
    assert taker(tmp_path, seconds=0, CUDA_VISIBLE_DEVICES="3").communicate(timeout=20)[0] == "None 3\n"
    assert taker(tmp_path, count=0, seconds=0).communicate(timeout=20)[0] == "None None\n"
    assert not list(tmp_path.iterdir())
