"""Lock files. Start with ``LockResolver`` in ``read.py``; ``write.py`` makes a lock."""
