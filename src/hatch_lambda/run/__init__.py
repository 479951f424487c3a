"""One run of a front end: its settings, its messages on the terminal, and the jobs of several zips.

Nothing here knows which front end it is. Start with ``make_job`` in ``jobs.py``.
"""
