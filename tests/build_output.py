"""What ``sam build`` makes, and its functions run from there alone, as Lambda runs them."""
