"""Wheels: which member goes where, verification, and the cache. Start with ``Wheel`` in ``wheel.py``."""
