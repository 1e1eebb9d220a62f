"""The Wireshark dissector of native mode, ``iec62351-4.lua``: Wireshark runs it, nothing here imports it."""
