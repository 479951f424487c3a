"""Runs functions from their zips, as Lambda does.

Start with ``started_function`` in ``session.py``. The sandbox imitates Lambda; it isn't a security boundary.
"""
