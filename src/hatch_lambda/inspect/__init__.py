"""What an existing zip contains, made by any tool. Start with ``inspect`` in ``inspection.py``."""
