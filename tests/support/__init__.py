"""Parts that tests share: wheels, an index, and readers of zips."""
