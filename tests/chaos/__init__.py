"""Faults on purpose: a song's whole way on the local stack, with one thing going wrong at its place."""
