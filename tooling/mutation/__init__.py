"""Mutation testing: one change of the reference device's source at a time, and whether a case notices it."""
