"""What the two synthetic data sets are made of."""
