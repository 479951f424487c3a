"""The main job, from a configuration to a zip and its report. Start with ``build`` in ``build.py``."""
