"""The outside world of parcels: aggregators that tell of scans, carriers' tracking pages."""
