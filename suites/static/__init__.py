"""Cases that need no wire: the static review of a PICS."""
