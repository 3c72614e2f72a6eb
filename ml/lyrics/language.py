"""Which language a text is in, by its most frequent words: enough to know that it is not English."""

from __future__ import annotations

from collections.abc import Sequence

_WORDS = {
    "English": "the and you i to a me my it in of your that on is be we all for are when with what this don't",
    "German": "ich und die du der das ist nicht wir es ein mich dich den mit auf wie nur mein so zu dein sie wenn",
    "French": "je le la les et de tu un une que est pas pour dans qui mon des en moi toi ne nous on qu'on sur",
    "Spanish": "que de la el y no tu en mi te me es un yo lo con por si para los una como más se",
    "Italian": "che di e la il non mi un ti per sei ma io una con tu le come sono è se più lo del",
    "Portuguese": "que de o e a não eu me você um é do da meu se pra em no te mais com uma minha tudo",
    "Dutch": "ik je de het een en van niet is dat in mijn jij me zo maar wat op we als voor met er nog",
    "Swedish": "jag och det du är att på en som mig för i inte vi med har dig om så kan min den när ett",
    "Polish": "nie i w to się na że jak mnie ja z co ty do mi tak gdy już jest za cię o tylko bez",
}
_SETS = {name: frozenset(words.split()) for name, words in _WORDS.items()}
_LEAST, _TIMES = 0.12, 1.5  # share of the words that must be frequent ones, and how many times English's
_DISTINCT = 4
_FEWEST = 12  # words: fewer say little


def other_language(words: Sequence[str]) -> str | None:
    """The language of `words` where it is clearly another one than English, by its English name; else None."""
    plain = [word.lower().strip('.,;:!?"()[]…«»“”').replace("’", "'") for word in words]
    plain = [word for word in plain if word]
    if len(plain) < _FEWEST:
        return None
    counts = {name: sum(word in own for word in plain) for name, own in _SETS.items()}
    best = max(counts, key=lambda name: counts[name])
    distinct = len(_SETS[best].intersection(plain))  # "la la la" is sung everywhere
    clear = (
        distinct >= _DISTINCT
        and counts[best] >= _LEAST * len(plain)
        and counts[best] >= _TIMES * counts["English"]
    )
    return best if clear and best != "English" else None
