"""Files of this machine: temporary and private directories, programs, and the paths that files in a zip can have.

Start with ``path_problem`` in ``paths.py``. The other modules don't depend on each other.
"""
