"""MMS (ISO 9506-2), the protected protocol, as far as tests need it."""
