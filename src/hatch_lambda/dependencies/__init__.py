"""The wheels that a build needs, wherever they come from. Start with ``Wheelhouse`` in ``wheelhouse.py``."""
