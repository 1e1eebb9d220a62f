"""Test cases for the security-event log (4.6, IEC 62351-14)."""
