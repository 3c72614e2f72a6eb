"""An AWS account in memory, as far as `unplugd deploy` and `unplugd teardown` ask it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any


class Missing(Exception):
    """Something is not there."""


class Account:
    """Clients by service. What a test sets is what they answer; what they were asked to change is in `calls`."""

    def __init__(self) -> None:
        self.stacks: dict[str, dict[str, Any]] = {}
        self.resources: dict[str, list[tuple[str, str, str]]] = {}
        self.files: dict[str, list[str]] = {}
        self.songs = 0
        self.images: set[str] = set()
        self.vcpu = 6.0
        self.has_ecs_role = True
        self.calls: list[str] = []

    def __call__(self, service: str) -> Any:
        return getattr(self, "_" + service.replace("-", "_"))()

    def add(self, name: str, status: str = "CREATE_COMPLETE", **parameters: str) -> None:
        outputs = {"WebUrl": "https://page.example", "ApiUrl": "https://api.example"}
        self.stacks[name] = {"status": status, "parameters": parameters, "outputs": outputs}

    def _cloudformation(self) -> Any:
        def describe(StackName: str) -> dict[str, Any]:  # noqa: N803 - the name that boto3 takes
            from botocore.exceptions import ClientError

            stack = self.stacks.get(StackName)
            if stack is None:
                error = {
                    "Error": {
                        "Code": "ValidationError",
                        "Message": f"Stack with id {StackName} does not exist",
                    }
                }
                raise ClientError(error, "DescribeStacks")  # type: ignore[arg-type]
            pairs = [
                ("Outputs", "OutputKey", "OutputValue", "outputs"),
                ("Parameters", "ParameterKey", "ParameterValue", "parameters"),
            ]
            listed = {
                name: [{key: each, value: text} for each, text in stack[of].items()]
                for name, key, value, of in pairs
            }
            return {"Stacks": [{"StackStatus": stack["status"], **listed}]}

        def delete(StackName: str) -> None:  # noqa: N803
            self.calls.append(f"delete {StackName}")
            del self.stacks[StackName]

        def listed(StackName: str) -> list[dict[str, Any]]:  # noqa: N803
            rows = [
                {"ResourceType": kind, "LogicalResourceId": logical, "PhysicalResourceId": physical}
                for kind, logical, physical in self.resources.get(StackName, [])
            ]
            return [{"StackResourceSummaries": rows}]

        return SimpleNamespace(
            describe_stacks=describe,
            delete_stack=delete,
            get_waiter=lambda _: SimpleNamespace(wait=lambda **_: None),
            get_paginator=lambda _: SimpleNamespace(paginate=listed),
        )

    def _s3(self) -> Any:
        def pages(Bucket: str) -> list[dict[str, Any]]:  # noqa: N803
            return [{"Contents": [{"Key": key} for key in self.files.get(Bucket, [])]}]

        def delete(Bucket: str, **_: Any) -> None:  # noqa: N803
            self.calls.append(f"empty {Bucket}")
            self.files[Bucket] = []

        return SimpleNamespace(
            get_paginator=lambda _: SimpleNamespace(paginate=pages),
            delete_objects=delete,
            delete_bucket=lambda Bucket: self.calls.append(f"delete {Bucket}"),  # noqa: N803
        )

    def _dynamodb(self) -> Any:
        return SimpleNamespace(
            get_paginator=lambda _: SimpleNamespace(paginate=lambda **_: [{"Count": self.songs}]),
            update_table=lambda **_: None,
            delete_table=lambda TableName: self.calls.append(f"delete {TableName}"),  # noqa: N803
        )

    def _cognito_idp(self) -> Any:
        return SimpleNamespace(
            update_user_pool=lambda **_: None,
            delete_user_pool=lambda UserPoolId: self.calls.append(f"delete {UserPoolId}"),  # noqa: N803
        )

    def _ecr(self) -> Any:
        def describe(repositoryName: str, imageIds: Any) -> None:  # noqa: N803
            if f"{repositoryName}:{imageIds[0]['imageTag']}" not in self.images:
                raise Missing

        faults = SimpleNamespace(ImageNotFoundException=Missing, RepositoryNotFoundException=Missing)
        return SimpleNamespace(describe_images=describe, exceptions=faults)

    def _sts(self) -> Any:
        who = {"Account": "123456789012", "Arn": "arn:aws:iam::123456789012:user/me"}
        return SimpleNamespace(get_caller_identity=lambda: who, meta=SimpleNamespace(region_name="us-east-1"))

    def _service_quotas(self) -> Any:
        return SimpleNamespace(get_service_quota=lambda **_: {"Quota": {"Value": self.vcpu}})

    def _lambda(self) -> Any:
        return SimpleNamespace(get_account_settings=lambda: {"AccountLimit": {"ConcurrentExecutions": 10}})

    def _iam(self) -> Any:
        def role(**_: Any) -> None:
            if not self.has_ecs_role:
                raise Missing

        return SimpleNamespace(get_role=role, exceptions=SimpleNamespace(NoSuchEntityException=Missing))

    def _ec2(self) -> Any:
        zones = [
            ("us-east-1a", "use1-az1"),
            ("us-east-1b", "use1-az3"),
            ("us-east-1c", "use1-az2"),
            ("us-east-1d", "use1-az4"),
        ]
        listed = [{"ZoneName": name, "ZoneId": zone} for name, zone in zones]
        return SimpleNamespace(describe_availability_zones=lambda **_: {"AvailabilityZones": listed})
