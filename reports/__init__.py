"""The record of a run (model) and what is made of it (render)."""
