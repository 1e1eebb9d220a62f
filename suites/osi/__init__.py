"""Cases for the OSI environment with plain MMS."""
