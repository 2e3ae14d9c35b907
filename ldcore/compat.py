"""Repair of one environment fault: a torchvision build that does not match a CPU-only torch.

Such a pair fails at `import torchvision` ("operator torchvision::nms does not exist") and takes transformers,
diffusers' pipelines, clean-fid and lpips with it. None of them needs the missing compiled operators, so declaring
their schemas is enough. `python -m ldcore.compat` (run once by make) leaves a hook in the environment, only where
the import fails; it costs nothing until torchvision is first imported.
"""

import importlib.abc
import subprocess
import sys
import sysconfig
from pathlib import Path

SCHEMAS = (
    "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
)
HOOK = "ldcore_torchvision.pth"


class _DeclareOperators(importlib.abc.MetaPathFinder):
    """Finds nothing; declares the operators when torchvision is first looked for."""

    def find_spec(self, name, path=None, target=None):
        if name == "torchvision" and not _keep:
            import torch

            library = torch.library.Library("torchvision", "DEF")
            for schema in SCHEMAS:
                library.define(schema)
            _keep.append(library)  # schemas live as long as the Library object
        return None


_keep: list = []


def install() -> None:
    """Declare torchvision's operators just before its first import in this process."""
    sys.meta_path.insert(0, _DeclareOperators())


def main() -> None:
    """Leave the hook in this environment where torchvision cannot be imported without it; else take it away."""
    site = Path(sysconfig.get_paths()["purelib"])
    hook = site / HOOK
    hook.unlink(missing_ok=True)
    broken = subprocess.run([sys.executable, "-c", "import torchvision"], capture_output=True).returncode != 0
    if broken:
        hook.write_text("import ldcore.compat; ldcore.compat.install()\n")
        subprocess.run([sys.executable, "-c", "import torchvision"], check=True)
        print("torchvision does not match this torch; its operator schemas are declared by", HOOK)


if __name__ == "__main__":
    main()
