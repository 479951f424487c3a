"""The bytes of zip files that others made, read in bounded memory. Start with ``read_member`` in ``members.py``."""
