"""What tests are made of: wheels, an index, a look into zips."""
