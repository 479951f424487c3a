"""AWS Lambda deployment packages from Hatch projects."""

__version__ = "0.1.0"
