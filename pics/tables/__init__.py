"""Tables 6 to 13 and our own items, as data."""
