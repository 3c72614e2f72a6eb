"""The condition by which a search leaves rows of the songs table out."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from unplugd.aws.rows import search_text
from unplugd.aws.table import attr
from unplugd.domain.finding import Figures, Within


def matching(q: str | None, figures: Figures) -> Any:
    """The rows whose title or artist contain `q`, and that have these figures; None if nothing is asked."""
    asked = []
    if q:
        asked.append(attr("searchText").contains(search_text(q)))
    if figures.length:
        asked.append(_within("durationSec", figures.length))
    if figures.bpm:
        asked.append(
            _shown(_within("ownTempoBpm", figures.bpm), _within("tempoBpm", figures.bpm), "ownTempoBpm")
        )
    if figures.keys:
        keys = list(figures.keys)
        asked.append(_shown(attr("ownMusicKey").is_in(keys), attr("musicKey").is_in(keys), "ownMusicKey"))
    whole = None
    for one in asked:
        whole = one if whole is None else whole & one
    return whole


def _shown(own: Any, measured: Any, name: str) -> Any:
    """A person's own value counts, as in the answer: what was measured does only where there is none."""
    return own | (attr(name).not_exists() & measured)


def _within(name: str, limits: Within) -> Any:
    least = None if limits.at_least is None else Decimal(str(limits.at_least))
    most = None if limits.at_most is None else Decimal(str(limits.at_most))
    if least is None:
        return attr(name).lte(most)
    return attr(name).gte(least) if most is None else attr(name).between(least, most)
