"""Wheels: which member is added to which path, verification, and the cache. Start with ``Wheel`` in ``wheel.py``."""
