"""What `scripts/bench/loop` consists of."""
