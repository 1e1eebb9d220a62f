"""GeneralizedTime as the signed times of IEC 62351-4 use it: written strictly, read as decision 43 says."""
