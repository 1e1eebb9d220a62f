"""What changes a conversation: its values and octets, TLV by TLV, its order, and how TCP and COTP cut it."""
