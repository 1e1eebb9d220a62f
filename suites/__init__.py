"""The test cases, one module for each clause area; ``selfcheck`` holds the tests of the harness itself."""
