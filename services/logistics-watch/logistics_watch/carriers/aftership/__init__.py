"""AfterShip Tracking: an aggregator of some 1,200 carriers, API and webhooks of version 2026-07."""
