"""pip as a resolver for another machine. Start with ``PipResolver`` in ``resolver.py``."""
