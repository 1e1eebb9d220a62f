"""The engine that plans, runs and judges test cases."""
