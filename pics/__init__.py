"""What a device claims (PICS), what a tester must know (PIXIT), what the standard requires."""
