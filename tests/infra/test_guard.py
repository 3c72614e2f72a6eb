"""The firewall, the budget and the sender of mails: each is off until a parameter says so, and does no harm when on."""

from __future__ import annotations

from tests.infra.templates import FRONT_DOOR, TEMPLATES, resource, text_of

GUARD = TEMPLATES["guard"]["Resources"]


def rules() -> dict[str, dict]:  # type: ignore[type-arg]
    return {rule["Name"]: rule for rule in resource("guard", "WebAcl").properties["Rules"]}


def test_each_is_off_unless_it_is_asked_for() -> None:
    assert {body.get("Condition") for body in GUARD.values()} == {"HasFirewall", "HasBudget"}
    defaults = {name: FRONT_DOOR["Parameters"][name]["Default"] for name in ("Firewall", "MonthlyBudget")}
    assert defaults == {"Firewall": "false", "MonthlyBudget": 0}
    assert FRONT_DOOR["Resources"]["Guard"]["Condition"] == "OnAws"


def test_the_firewall_limits_the_calls_of_an_address() -> None:
    assert [rule["Priority"] for rule in rules().values()] == [0, 1, 2, 3]
    rate = rules()["calls-per-address"]
    assert rate["Action"]["Block"]["CustomResponse"]["ResponseCode"] == 429
    assert rate["Statement"]["RateBasedStatement"]["Limit"] == {"Ref": "CallsPerAddress"}


def test_the_firewall_lets_lyrics_through() -> None:
    """Lyrics have up to a megabyte, and TTML is markup: the rules for bodies would refuse both."""
    overrides = rules()["common"]["Statement"]["ManagedRuleGroupStatement"]["RuleActionOverrides"]
    assert {one["Name"] for one in overrides} >= {"SizeRestrictions_BODY", "CrossSiteScripting_BODY"}
    assert all(one["ActionToUse"] == {"Count": {}} for one in overrides)


def test_the_log_of_the_firewall_holds_no_token() -> None:
    logging = resource("guard", "WebAclLogging").properties
    assert {"SingleHeader": {"Name": "authorization"}} in logging["RedactedFields"]
    assert {"QueryString": {}} in logging["RedactedFields"]
    assert logging["LoggingFilter"]["DefaultBehavior"] == "DROP"
    assert resource("guard", "WebAclLogs").properties["LogGroupName"]["Fn::Sub"].startswith("aws-waf-logs-")


def test_the_budget_tells_a_person_before_it_is_spent() -> None:
    notices = resource("guard", "Budget").properties["NotificationsWithSubscribers"]
    at = {(one["Notification"]["NotificationType"], one["Notification"]["Threshold"]) for one in notices}
    assert at == {("ACTUAL", 50), ("FORECASTED", 100), ("ACTUAL", 100)}
    assert all(one["Subscribers"][0]["Address"] == {"Ref": "AlarmEmail"} for one in notices)


def test_mails_come_from_the_identity_that_is_named() -> None:
    mail = resource("auth", "UserPool").properties["EmailConfiguration"]
    assert mail["Fn::If"][0] == "HasMail"
    assert "MailIdentityArn" in text_of(mail)
