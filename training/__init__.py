"""Training of the embedded separator: synthesise multitracks, train, export, measure. See docs/model-card.md.

Not imported by anything that separates: it needs torch, fluidsynth and the packages of requirements/training.in.
"""
