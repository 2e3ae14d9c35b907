"""Arrays of an npz file: the same as numpy reads, each only when it is asked for."""

import numpy as np
import pytest

from ldcore.runtime.arrays import load_part


def test_arrays_are_read_when_asked_for_and_once(tmp_path):
    images, seeds = np.arange(6, dtype=np.uint8).reshape(2, 3), np.array([4, 5])
    np.savez_compressed(tmp_path / "none.npz", images=images, seeds=seeds)
    part = load_part(tmp_path, "none")
    assert not part.read and sorted(part) == ["images", "seeds"] and len(part) == 2
    assert part["seeds"].tolist() == [4, 5] and list(part.read) == ["seeds"] and part["seeds"] is part["seeds"]
    assert {name: array.tolist() for name, array in part.items()} == {"images": images.tolist(), "seeds": [4, 5]}
    with pytest.raises(KeyError):
        part["trace"]
    with pytest.raises(FileNotFoundError):
        load_part(tmp_path, "absent")["images"]


def test_scoring_loads_no_torch():
    import subprocess
    import sys

    from configs import ROOT

    code = "import sys; sys.path.insert(0, 'workflow_scripts'); import score; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout == "False\n", done.stdout + done.stderr
