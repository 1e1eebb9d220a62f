"""Compatibility mode: the A-security-profile of clause 11."""
