"""The reasons of survivors, a file for each part of both modes."""
