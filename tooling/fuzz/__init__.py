"""The fuzzer: cases that are conversations with mutations, how they are delivered, and what comes of them."""
