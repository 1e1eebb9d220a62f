"""Native mode: end-to-end security (IEC 62351-4 clauses 12 to 15)."""
