"""From requirements to pins: which wheel of each distribution the target gets."""
