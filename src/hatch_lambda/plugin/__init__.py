"""Hatch's side of a build and a deployment. Start with ``LambdaBuilder.build`` in ``builder.py``."""
