"""Test cases for compatibility mode: the A-security-profile (clause 11)."""
