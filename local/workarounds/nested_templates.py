"""Symptom: a nested stack with SAM resources fails with "Unsupported resource type AWS::Serverless::…".

Only the root template goes through the SAM transform. Every child goes through it here.
"""

from __future__ import annotations

import sys
from typing import Any

from local import upstream
from local.workarounds import Context


def check() -> None:
    engine = upstream.module("services.cloudformation.engine")
    upstream.need(engine, "_parse_template", "_apply_transforms", by=__name__)
    upstream.need(
        upstream.module("services.cloudformation.provisioners"), "_cfn_nested_stack_deploy", by=__name__
    )


def apply(_: Context) -> None:
    engine = upstream.module("services.cloudformation.engine")
    parse = engine._parse_template

    def parse_template(body: str) -> Any:
        template = parse(body)
        # The nested deploy imports this function each time it runs, and is its only caller to be mended.
        if sys._getframe(1).f_code.co_name == "_cfn_nested_stack_deploy":
            template = engine._apply_transforms(template)
            if isinstance(template, engine._TransformFailed):
                raise ValueError(f"the nested template cannot be transformed: {template}")
        return template

    engine._parse_template = parse_template
