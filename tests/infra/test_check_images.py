"""`make deploy` ends with a look into ECR: a missing image is named before the first song needs it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# In place of the AWS command: a stack that was deployed with tag 9d624b8, and a registry that holds the file's lines.
AWS = """#!/bin/sh
[ "$1" = cloudformation ] && { echo 9d624b8; exit 0; }
while [ "$1" != --repository-name ]; do shift; done
grep -qx "$2 $4" "$REGISTRY"
"""


@pytest.mark.parametrize(
    ("images", "missing"),
    [
        (["unplugd-prod-demucs", "unplugd-prod-whisper"], ""),
        (["unplugd-prod-demucs"], " unplugd-prod-whisper:9d624b8"),
        ([], " unplugd-prod-demucs:9d624b8 unplugd-prod-whisper:9d624b8"),
    ],
)
def test_a_deploy_names_the_images_that_are_missing(tmp_path: Path, images: list[str], missing: str) -> None:
    aws, registry = tmp_path / "aws", tmp_path / "registry"
    aws.write_text(AWS)
    aws.chmod(0o755)
    registry.write_text("".join(f"{name} imageTag=9d624b8\n" for name in images))
    env = {**os.environ, "ENV": "prod", "AWS": str(aws), "REGISTRY": str(registry)}
    done = subprocess.run(
        [ROOT / "scripts/check-images"], env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0
    if missing:
        assert done.stderr.startswith(f"No song can be processed yet. Not in ECR:{missing}. ")
    else:
        assert done.stdout == "Both images are in ECR under the tag 9d624b8.\n"
