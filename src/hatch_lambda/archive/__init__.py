"""The plan of a zip, and zips as files.

Start with ``make_plan`` in ``plan.py``; ``write.py`` writes a plan, ``read.py`` reads any zip.
"""
