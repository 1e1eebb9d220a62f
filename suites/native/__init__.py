"""Test cases for native mode over OSI: end-to-end security (clauses 12 to 15)."""
