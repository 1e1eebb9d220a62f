"""What is known of the standard's own data, and what an owner of the standard can put in its place."""
