"""What `scripts/bench/chaos` consists of."""
