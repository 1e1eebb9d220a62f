"""Test cases for the combinations of security measures (Table 1, clause 5)."""
