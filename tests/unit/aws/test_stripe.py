"""Stripe's adapter against an HTTP server that the test starts: what it asks, and what it makes of each answer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests import stripe_service
from tests.stripe_service import CHECKOUT, KEY, Service
from unplugd.aws import stripe
from unplugd.aws.stripe import Stripe
from unplugd.kernel.errors import Transient

PERSON = "11111111-1111-4111-8111-111111111111"


@pytest.fixture
def service() -> Iterator[Service]:
    with stripe_service.running() as made:
        yield made


def till(service: Service, **changed: Any) -> Stripe:
    how: dict[str, Any] = {
        "url": service.url,
        "key": lambda: KEY,
        "price": "price_1",
        "trial_days": 14,
        "free_lookups": 0,
        "used": lambda _user: 0,
        "return_url": "https://app.example",
    }
    return Stripe(**{**how, **changed})


def ask(till: Stripe, lookups: int = 3, email: str | None = "singer@example.com") -> str | None:
    return till.checkout_url(PERSON, email, lookups=lookups)


@pytest.mark.parametrize("state", ["active", "trialing", "past_due"])
def test_a_subscription_lets_a_person_in(service: Service, state: str) -> None:
    service.subscriptions = ["canceled", state]
    assert ask(till(service)) is None
    (asked,) = service.seen
    assert (asked.method, asked.path) == ("GET", "/v1/subscriptions/search")
    assert asked.query["query"] == [f"metadata['userId']:'{PERSON}'"]
    assert asked.headers["authorization"] == f"Bearer {KEY}"


def test_a_new_person_is_offered_a_trial(service: Service) -> None:
    assert ask(till(service)) == CHECKOUT
    asked = service.seen[-1]
    assert (asked.method, asked.path) == ("POST", "/v1/checkout/sessions")
    form = {name: values[0] for name, values in asked.form.items()}
    assert form["mode"] == "subscription"
    assert (form["line_items[0][price]"], form["line_items[0][quantity]"]) == ("price_1", "1")
    assert form["client_reference_id"] == form["subscription_data[metadata][userId]"] == PERSON
    assert form["customer_email"] == "singer@example.com"
    assert form["success_url"] == form["cancel_url"] == "https://app.example"
    assert form["subscription_data[trial_period_days]"] == "14"
    assert form["payment_method_collection"] == "if_required"


@pytest.mark.parametrize("states", [["canceled"], ["unpaid"], ["incomplete_expired", "paused"]])
def test_there_is_one_trial_for_each_person(service: Service, states: list[str]) -> None:
    service.subscriptions = states
    assert ask(till(service)) == CHECKOUT
    assert not [name for name in service.seen[-1].form if "trial" in name]


def test_a_person_without_an_address_is_sold_to_as_well(service: Service) -> None:
    assert ask(till(service, trial_days=0), email=None) == CHECKOUT
    assert "customer_email" not in service.seen[-1].form


def test_the_same_person_gets_one_page_however_often_they_ask(service: Service) -> None:
    for _ in range(2):
        ask(till(service))
    ask(till(service), email="other@example.com")
    first, again, other = (one.headers["idempotency-key"] for one in service.seen if one.method == "POST")
    assert first == again != other


@pytest.mark.parametrize(("used", "lookups", "is_free"), [(0, 25, True), (24, 1, True), (24, 2, False)])
def test_the_first_lookups_cost_nothing(service: Service, used: int, lookups: int, is_free: bool) -> None:
    shop = till(service, free_lookups=25, used=lambda user: used if user == PERSON else 0)
    assert ask(shop, lookups) == (None if is_free else CHECKOUT)
    assert bool(service.seen) is not is_free


@pytest.mark.parametrize("path", ["/v1/subscriptions/search", "/v1/checkout/sessions"])
@pytest.mark.parametrize(
    "answer",
    [
        (401, b'{"error": {"message": "Invalid API Key"}}', {}),
        (429, b"{}", {"Retry-After": "1"}),
        (500, b"", {}),
        (503, b"<html>", {}),
        (302, b"", {"Location": "https://elsewhere.example/"}),
        (200, b"not JSON", {}),
        (200, b"[]", {}),
        (200, b'{"data": 7, "url": "http://plain.example/"}', {}),
        (200, b" " * (stripe.MAX_ANSWER_BYTES + 1), {}),
    ],
)
def test_any_other_answer_is_a_fault_for_now(
    service: Service, path: str, answer: tuple[int, bytes, dict[str, str]]
) -> None:
    service.answers[path] = answer
    with pytest.raises(Transient):
        ask(till(service))
    assert [one.path for one in service.seen][-1] == path


def test_a_service_that_is_not_there_is_a_fault_for_now(service: Service) -> None:
    with pytest.raises(Transient):
        ask(till(service, url="http://127.0.0.1:1"))


def test_the_key_travels_over_tls_only(service: Service) -> None:
    with pytest.raises(ValueError, match="TLS"):
        till(service, url="http://billing.example")


def test_a_name_that_is_no_id_reaches_no_query(service: Service) -> None:
    with pytest.raises(ValueError, match="id"):
        till(service).checkout_url("x' OR status:'active", None, lookups=1)
    assert service.seen == []
