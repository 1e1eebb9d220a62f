"""Drivers, engine and the two front ends."""
