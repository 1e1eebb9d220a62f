"""Spec data: a folder in which an owner of the standard puts modules and tables in the place of ours."""
