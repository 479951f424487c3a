"""The table in pyproject.toml as values. Start with ``read_archives`` in ``archives.py``."""
