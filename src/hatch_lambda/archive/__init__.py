"""The plan of a zip, and reading and writing zips.

Start with ``make_plan`` in ``plan.py``; ``write.py`` writes a plan, ``read.py`` reads any zip.
"""
