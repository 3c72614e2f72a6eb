"""The composition root: which adapter serves which use case. Everything is made when first asked for, then kept.

A function imports the adapters that it uses and no others. On Lambda they and the logger are made when this module is
imported: the init phase of a worker has a whole processor, and the first caller waits less."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from unplugd.aws.clients import client
from unplugd.kernel import settings
from unplugd.kernel.log import logger

if TYPE_CHECKING:
    from unplugd.aws.connections import ConnectionTable
    from unplugd.aws.details_table import DetailsTable
    from unplugd.aws.executions import Executions
    from unplugd.aws.functions import AcceptedUploads, Invoker, UploadEvents
    from unplugd.aws.import_rows import ImportRows
    from unplugd.aws.lyrics_rows import LyricsRows
    from unplugd.aws.measure_queue import MeasureQueue
    from unplugd.aws.measurement_rows import MeasurementRows
    from unplugd.aws.measuring_rows import MeasuringRows
    from unplugd.aws.objects import Objects
    from unplugd.aws.pending_rows import PendingRows
    from unplugd.aws.people import UserPool
    from unplugd.aws.person_measures import PersonMeasures
    from unplugd.aws.practice_table import PracticeTable
    from unplugd.aws.queue_index import QueueIndex
    from unplugd.aws.queues import WakeQueue
    from unplugd.aws.session_table import SessionTable
    from unplugd.aws.slots import SlotTable
    from unplugd.aws.sockets import Sockets
    from unplugd.aws.song_table import SongTable
    from unplugd.aws.sweeps import SweepPlace
    from unplugd.aws.tokens import TokenVerifier
    from unplugd.aws.tombstones import Tombstones
    from unplugd.aws.usage import UsageRows
    from unplugd.domain.billing import Billing
    from unplugd.domain.measure_queue import Due, Source
    from unplugd.domain.quota import Quotas


@cache
def songs() -> SongTable:
    from unplugd.aws.song_table import SongTable

    return SongTable(client("dynamodb"), settings.songs_table())


@cache
def pending_rows() -> PendingRows:
    from unplugd.aws.pending_rows import PendingRows

    return PendingRows(client("dynamodb"), settings.songs_table())


@cache
def import_rows() -> ImportRows:
    from unplugd.aws.import_rows import ImportRows

    return ImportRows(client("dynamodb"), settings.songs_table())


@cache
def lyrics_rows() -> LyricsRows:
    from unplugd.aws.lyrics_rows import LyricsRows

    return LyricsRows(client("dynamodb"), settings.songs_table())


@cache
def measurement_rows() -> MeasurementRows:
    from unplugd.aws.measurement_rows import MeasurementRows

    return MeasurementRows(client("dynamodb"), settings.songs_table())


@cache
def measuring_rows() -> MeasuringRows:
    from unplugd.aws.measuring_rows import MeasuringRows

    return MeasuringRows(client("dynamodb"), settings.songs_table())


@cache
def measure_queue() -> MeasureQueue:
    from unplugd.aws.measure_queue import MeasureQueue

    return MeasureQueue(client("dynamodb"), settings.measure_queue_table())


@cache
def person_measures() -> PersonMeasures:
    from unplugd.aws.person_measures import PersonMeasures

    return PersonMeasures(client("dynamodb"), settings.measure_queue_table())


@cache
def billing() -> Billing:
    """Who sells access to sources that cost money; nobody, unless the deployer chose a service."""
    from unplugd.domain.billing import NoBilling

    if settings.billing_price() == "none":
        return NoBilling()
    from unplugd.aws.secrets import Secret
    from unplugd.aws.stripe import Stripe
    from unplugd.domain.measure_queue import HISTORICAL

    return Stripe(
        url=settings.billing_url(),
        key=Secret(client("secretsmanager"), settings.billing_secret()),
        price=settings.billing_price(),
        trial_days=settings.billing_trial_days(),
        free_lookups=settings.billing_free_lookups(),
        used=lambda user_id: person_measures().count(user_id, HISTORICAL),
        return_url=settings.cors_origin(),
    )


@cache
def measure_sources() -> Mapping[str, Source]:
    """What measures, by the name of its source. A source that is switched off is absent."""
    sources: dict[str, Source] = {"current": _current()}
    if settings.is_set("PLAYS_URL"):
        sources["historical"] = _plays()
    return sources


def _current() -> Source:
    from unplugd.kernel.clock import utc_now
    from unplugd.measurement.current import Current

    return Current(measuring_rows(), queue_index(), wake_queue(), utc_now)


def _plays() -> Source:
    from functools import partial

    from unplugd.aws.plays import PlaysService
    from unplugd.aws.secrets import Secret
    from unplugd.kernel.clock import utc_now
    from unplugd.measurement.historical import Historical

    secret = Secret(client("secretsmanager"), settings.plays_secret())
    spend = partial(measure_queue().spend, "historical", cap=settings.plays_calls_a_day())
    return Historical(
        PlaysService(settings.plays_url(), secret, utc_now), lambda now: spend(now=now), utc_now
    )


@cache
def due_measurements() -> Sequence[Due]:
    """What knows of measurements that are due without a request."""
    from unplugd.aws.sweeps import SweepPlace
    from unplugd.measurement.current import OlderEngine

    place = SweepPlace(client("dynamodb"), settings.songs_table(), "measured")
    return (OlderEngine(measuring_rows(), measure_queue(), place),)


@cache
def sessions() -> SessionTable:
    from unplugd.aws.session_table import SessionTable

    return SessionTable(client("dynamodb"), settings.sessions_table())


@cache
def practice() -> PracticeTable:
    from unplugd.aws.practice_table import PracticeTable

    return PracticeTable(client("dynamodb"), settings.practice_table())


@cache
def details() -> DetailsTable:
    from unplugd.aws.details_table import DetailsTable

    return DetailsTable(client("dynamodb"), settings.details_table(), settings.songs_table())


@cache
def accepted_uploads() -> AcceptedUploads:
    from unplugd.aws.functions import AcceptedUploads

    return AcceptedUploads(client("lambda"), settings.transcode_function(), settings.enrich_function())


@cache
def ingest() -> Invoker:
    from unplugd.aws.functions import Invoker

    return Invoker(client("lambda"), settings.ingest_function())


@cache
def join() -> Invoker:
    from unplugd.aws.functions import Invoker

    return Invoker(client("lambda"), settings.join_function())


@cache
def pitch() -> Invoker:
    from unplugd.aws.functions import Invoker

    return Invoker(client("lambda"), settings.pitch_function())


@cache
def queue_index() -> QueueIndex:
    from unplugd.aws.queue_index import QueueIndex

    return QueueIndex(client("dynamodb"), settings.songs_table())


@cache
def tombstones() -> Tombstones:
    from unplugd.aws.tombstones import Tombstones

    return Tombstones(client("dynamodb"), settings.songs_table())


@cache
def usage() -> UsageRows:
    from unplugd.aws.usage import UsageRows

    return UsageRows(client("dynamodb"), settings.songs_table())


@cache
def quotas() -> Quotas:
    from unplugd.domain.quota import Quotas

    return Quotas(settings.songs_a_day(), settings.minutes_a_month(), usage())


@cache
def people() -> UserPool:
    from unplugd.aws.people import UserPool

    return UserPool(client("cognito-idp"), settings.user_pool_id())


@cache
def connections() -> ConnectionTable:
    from unplugd.aws.connections import ConnectionTable

    return ConnectionTable(client("dynamodb"), settings.connections_table())


@cache
def slots() -> SlotTable:
    from unplugd.aws.slots import SlotTable

    return SlotTable(client("dynamodb"), settings.slots_table(), settings.max_concurrent_songs())


@cache
def uploads() -> Objects:
    from unplugd.aws.objects import Objects

    return Objects(client("s3"), settings.uploads_bucket())


@cache
def buckets() -> dict[str, Objects]:
    """The buckets by the names that `personal_data` uses."""
    from unplugd.domain import personal_data

    return {personal_data.UPLOADS: uploads(), personal_data.OUTPUT: results()}


@cache
def upload_events() -> UploadEvents:
    from unplugd.aws.functions import UploadEvents

    return UploadEvents(client("lambda"), settings.validate_function(), settings.uploads_bucket())


@cache
def sessions_place() -> SweepPlace:
    from unplugd.aws.sweeps import SweepPlace

    return SweepPlace(client("dynamodb"), settings.sessions_table(), "sessions", "sessionId")


@cache
def uploads_place() -> SweepPlace:
    from unplugd.aws.sweeps import SweepPlace

    return SweepPlace(client("dynamodb"), settings.songs_table(), "uploads")


@cache
def results() -> Objects:
    from unplugd.aws.objects import Objects

    return Objects(client("s3"), settings.output_bucket())


@cache
def executions() -> Executions:
    from unplugd.aws.executions import Executions

    return Executions(client("stepfunctions"), settings.state_machine_arn())


@cache
def wake_queue() -> WakeQueue:
    from unplugd.aws.queues import WakeQueue

    return WakeQueue(client("sqs"), settings.wake_queue_url())


@cache
def sockets() -> Sockets:
    from unplugd.aws.sockets import Sockets

    endpoint = settings.websocket_endpoint()
    return Sockets(client("apigatewaymanagementapi", endpoint, quick=True))


@cache
def tokens() -> TokenVerifier:
    from unplugd.aws.tokens import TokenVerifier

    return TokenVerifier(
        issuer=settings.token_issuer(), audience=settings.token_audience(), jwks_url=settings.jwks_url()
    )


def push(user_id: str, message: Mapping[str, Any], within_s: float) -> int:
    """The realtime room's `push` (domain.notify.Push), handed to the other rooms as an argument."""
    from unplugd.realtime import service

    return service.push(user_id, message, connections=connections(), sockets=sockets(), within_s=within_s)


# The variable that a template gives a function for a service, and what the function then uses.
_PARTS: Mapping[str, Callable[[], object]] = {
    "SONGS_TABLE": songs,
    "SONGS_A_DAY": quotas,
    "SESSIONS_TABLE": sessions,
    "PRACTICE_TABLE": practice,
    "DETAILS_TABLE": details,
    "TRANSCODE_FUNCTION": accepted_uploads,
    "INGEST_FUNCTION": ingest,
    "JOIN_FUNCTION": join,
    "PITCH_FUNCTION": pitch,
    "SLOTS_TABLE": slots,
    "MEASURE_QUEUE_TABLE": measure_queue,
    "PLAYS_URL": measure_sources,
    "CONNECTIONS_TABLE": connections,
    "UPLOADS_BUCKET": uploads,
    "OUTPUT_BUCKET": results,
    "WAKE_QUEUE_URL": wake_queue,
    "STATE_MACHINE_ARN": executions,
    "VALIDATE_FUNCTION": upload_events,
    "USER_POOL_ID": people,
    "WEBSOCKET_ENDPOINT": sockets,
    "JWKS_URL": tokens,
}


def load() -> None:
    """Make the logger and the adapters of this function now, without calling any service."""
    logger()
    for variable, part in _PARTS.items():
        if settings.is_set(variable):
            part()


if settings.is_on_lambda():
    load()
