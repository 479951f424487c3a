"""Runs functions from their zips, as Lambda does. Start with ``session.py``; it's for truth, not for security."""
