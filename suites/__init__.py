"""The test cases, one module for each clause area."""
