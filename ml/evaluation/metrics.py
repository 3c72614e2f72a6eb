"""The figures of a song from its sums.

[MDX] Y. Mitsufuji et al., "Music Demixing Challenge 2021", Frontiers in Signal Processing 1:808395, 2022.
[V06] E. Vincent, R. Gribonval, C. Févotte, "Performance Measurement in Blind Audio Source Separation", IEEE TASLP
    14(4), 2006.
[S18] F.-R. Stöter, A. Liutkus, N. Ito, "The 2018 Signal Separation Evaluation Campaign", LVA/ICA 2018: BSSEval v4,
    the package museval.
[L19] J. Le Roux, S. Wisdom, H. Erdogan, J. R. Hershey, "SDR - half-baked or well done?", ICASSP 2019.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ml.evaluation import StemScore
from ml.evaluation.sums import Sums

_EPSILON = 1e-7  # of [MDX]; it bounds the SDR of a perfect estimate


def scores(sums: Sums, stems: Sequence[str]) -> dict[str, StemScore]:
    """The figures of each stem, by name; `stems` are in the order of the sums."""
    medians, _ = sdr_medians(sums)
    bleeds = bleed(sums)
    return {name: _score(sums, j, medians[j], bleeds[j]) for j, name in enumerate(stems)}


def _score(sums: Sums, j: int, median: float | None, bled: float | None) -> StemScore:
    energy = sums.true[j, j]
    if energy == 0:
        return StemScore(None, None, None, None, None, leakage(sums, j))
    return StemScore(
        sdr=sdr(energy, sums.error[j, j]),
        sdr_median=median,
        si_sdr=si_sdr(energy, sums.true_made[j, j], sums.true_error[j, j], sums.error[j, j]),
        sdr_of_mix=sdr(energy, _energy(sums.true, np.arange(len(sums.true)) != j)),
        bleed=bled,
        leakage=None,
    )


def sdr(energy: float, error: float) -> float:
    """10 lg (Σ s² + ε) / (Σ (ŝ - s)² + ε) in dB over both channels and the whole song, ε = 1e-7 [MDX]."""
    return float(10 * np.log10((energy + _EPSILON) / (error + _EPSILON)))


def sdr_medians(sums: Sums) -> tuple[list[float | None], int]:
    """Each stem's median over the windows of 10 lg Σ s² / Σ (ŝ - s)² in dB, and how many windows counted.

    This is BSSEval v4's SDR of images [V06, S18] with museval's windows of 1 s. Its three error terms, each of which
    depends on filters of 512 taps, add up to ŝ - s: the SDR needs no filters (only ISR, SIR and SAR do). As in museval
    a window in which any stem is silent, in truth or as estimated, counts for none; stems that are silent throughout
    in truth are left out of that, or no window would be left.
    """
    energy, error, silent = sums.windows()
    heard = np.diag(sums.true) > 0
    counted = ~silent[:, heard].any(axis=1)
    count = int(counted.sum()) if heard.any() else 0
    medians: list[float | None] = []
    for j in range(len(sums.true)):
        if not count or not heard[j]:
            medians.append(None)
        else:
            medians.append(
                float(
                    np.median([_db(s, e) for s, e in zip(energy[counted, j], error[counted, j], strict=True)])
                )
            )
    return medians, count


def si_sdr(energy: float, true_made: float, true_error: float, error: float) -> float:
    """10 lg |α s|² / |α s - ŝ|² in dB with α = <ŝ, s> / |s|² [L19], the two channels as one vector, the mean left in.

    Given are |s|², <s, ŝ>, and for e = ŝ - s also <s, e> and |e|²: the residual is what of e is orthogonal to s. Over
    about 140 dB it is rounding. -inf for an estimate without anything of s.
    """
    return _db(true_made * true_made / energy, max(0.0, error - true_error * true_error / energy))


def bleed(sums: Sums) -> list[float | None]:
    """10 lg |Σ_k g_k s_k|² / |Σ_k s_k|² in dB over the other stems k: how loud they are in ŝ_j against in the mix.

    The g are the least squares of ŝ_j on all references, one number each for the whole song: the projection onto the
    references of [V06] with filters of a single tap. None where there are no other stems.
    """
    heard = np.diag(sums.true) > 0
    gains = np.zeros_like(sums.true)
    if heard.any():
        gains[heard] = np.linalg.lstsq(sums.true[np.ix_(heard, heard)], sums.true_made[heard], rcond=None)[0]
    found: list[float | None] = []
    for j in range(len(sums.true)):
        others = heard & (np.arange(len(sums.true)) != j)
        whole = _energy(sums.true, others)
        found.append(_db(_energy(sums.true, others * gains[:, j]), whole) if whole > 0 else None)
    return found


def leakage(sums: Sums, j: int) -> float | None:
    """10 lg |ŝ_j|² / |Σ_k s_k|² in dB: what sounds in a stem that is silent in truth. None if all of the mix is."""
    mix = _energy(sums.true, np.ones(len(sums.true)))
    return _db(sums.made[j, j], mix) if mix > 0 else None


def _energy(products: NDArray[np.float64], weights: NDArray[np.float64] | NDArray[np.bool_]) -> float:
    """|Σ w_k s_k|² of the stems whose inner products are given."""
    chosen = weights.astype(np.float64)
    return max(0.0, float(chosen @ products @ chosen))


def _db(part: float, whole: float) -> float:
    """10 lg part / whole; infinite where one of them is 0."""
    if part <= 0:
        return -np.inf
    return np.inf if whole <= 0 else float(10 * np.log10(part / whole))
