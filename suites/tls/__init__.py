"""Test cases for TLS as such (clause 6 with IEC 62351-3): T-security."""
