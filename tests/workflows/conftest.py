from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.stack import LocalStack, deploy
from tests.workflows.studio import TASK, Studio


@pytest.fixture(scope="session")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    folder: Path = tmp_path_factory.mktemp("plans")
    tasks = {stage: [sys.executable, str(TASK), stage] for stage in ("demucs", "whisper")}
    stack = LocalStack(
        tmp_path_factory.mktemp("stack"),
        task_commands=tasks,
        env={"PLAN_FOLDER": str(folder)},
        ephemeral=True,
    )
    with stack as endpoint:
        outputs = deploy(endpoint, parameters={"Environment": "dev"})
        yield Studio(endpoint, outputs["StateMachineArn"], folder)
