"""What an existing zip contains, whoever made it. Start with ``inspect`` in ``inspection.py``."""
