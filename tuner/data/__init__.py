"""Tables in, prepared arrays out; everything that is fitted is fitted on training rows only."""
