"""The OSI environment of native mode: SecPDUs in ACSE APDUs and presentation data (IEC 62351-4, 15)."""
