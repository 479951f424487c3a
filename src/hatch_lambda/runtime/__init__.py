"""Lambda's runtimes: one row per fact, with its source. Start with ``Target`` in ``target.py``."""
