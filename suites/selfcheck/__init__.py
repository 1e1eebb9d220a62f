"""The tests of the harness itself; collected only when named."""
