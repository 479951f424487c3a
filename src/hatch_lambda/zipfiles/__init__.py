"""Reads the bytes of existing zips, in limited memory. Start with ``read_member`` in ``members.py``."""
