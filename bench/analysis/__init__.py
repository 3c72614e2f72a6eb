"""Measures ml.analysis and its alternatives on held-out songs whose truth is known."""
