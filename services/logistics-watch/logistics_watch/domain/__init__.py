"""What a parcel's number, scans and silence mean. Plain Python: no I/O, no clock."""
