"""Where the sounds come from (Debian packages), and which of them are kept for the held-out set only."""

from __future__ import annotations

from pathlib import Path

_SOUNDS = Path("/usr/share/sounds")
KITS = Path("/usr/share/hydrogen/data/drumkits")

FONTS = {
    "train": [
        _SOUNDS / "sf2/FluidR3_GM.sf2",
        _SOUNDS / "sf3/MuseScore_General_Full.sf3",
        _SOUNDS / "sf2/TimGM6mb.sf2",
        _SOUNDS / "sf2/OPL-3_FM_128M.sf2",
    ],
    "held": [_SOUNDS / "sf2/sf_GMbank.sf2"],
}
"""General MIDI soundfonts."""

DRUM_FONTS = {
    "train": [_SOUNDS / "sf2/Black_Pearl_4_LV2.sf2"],
    "held": [_SOUNDS / "sf2/Red_Zeppelin_4_LV2.sf2"],
}

_HELD_KITS = {"ColomboAcousticDrumkit", "ElectricEmpireKit"}


def kits(split: str) -> list[Path]:
    """Folders of Hydrogen drum kits (recorded hits)."""
    return sorted(p for p in KITS.iterdir() if (p.name in _HELD_KITS) == (split == "held"))


_HELD_LANGUAGES = {"pt", "sv", "wa"}
_HELD_VOICES = {"fr_CA_f_June"}


def voices(split: str) -> dict[str, list[Path]]:
    """Recorded people by voice: name → sound files of letters, words and sentences."""
    held = split == "held"
    found: dict[str, list[Path]] = {}
    for folder in sorted(Path("/usr/share/ktuberling/sounds").glob("*/")):
        if (folder.name in _HELD_LANGUAGES) == held:
            found["kt-" + folder.name] = sorted([*folder.glob("*.ogg"), *folder.glob("*.wav")])
    if not held:
        for folder in sorted(Path("/usr/share/klettres").glob("*/")):
            found["kl-" + folder.name] = sorted(folder.rglob("*.ogg"))
    for folder in sorted(Path("/usr/share/asterisk/sounds").glob("*_*/")):
        if (folder.name in _HELD_VOICES) == held:
            found["as-" + folder.name] = sorted(folder.rglob("*.g722"))
    dialogue = "nl" if held else "cs"
    # Files are named LEVEL-SPEAKER-WORD: two speakers, apart.
    files = sorted(Path("/usr/share/games/fillets-ng/sound").glob(f"*/{dialogue}/*.ogg"))
    for speaker in ("m", "v"):
        found[f"fi-{dialogue}-{speaker}"] = [f for f in files if f"-{speaker}-" in f.name]
    return {name: paths for name, paths in found.items() if len(paths) >= 8}


ESPEAK = ("en-us+m3", "en-us+f2", "en-gb+m7", "it+f4", "es+m1", "de+f3", "fr+m5", "pl+f1", "fi+m2", "tr+f5")
"""Synthetic voices, for training only."""
FLITE = {"train": ("slt", "awb", "kal16"), "held": ("rms",)}
TEXT = {
    "train": (
        "silver morning over the river and we go slowly home again",
        "tell me why the stars are falling all around my open window",
        "la la la oh oh yeah baby come on hold me now forever more",
        "no more rain no more thunder only sunshine on the mountain",
        "I was walking through the city with a feeling in my pocket",
        "every shadow knows your number every mirror sings your name",
    ),
    "held": (
        "under the bridge a boat is waiting for nobody at all",
        "carry the lantern quietly past the sleeping animals",
    ),
}
