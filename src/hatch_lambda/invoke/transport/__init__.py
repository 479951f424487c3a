"""A module for Python's search path in functions, on systems that awslambdaric has no wheel for."""
