"""``python -m hatch_lambda`` is the command ``hatch-lambda``."""

from hatch_lambda.cli import main

raise SystemExit(main())
