"""Requirements to pinned versions, and their validation. Start with ``Resolver`` in ``base.py``."""
