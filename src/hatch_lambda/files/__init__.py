"""Directories and files of this machine: temporary ones, those of this user alone, and the paths that a zip accepts."""
